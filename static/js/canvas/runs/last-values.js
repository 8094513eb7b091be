// What each node has brought last, as the server knows it. The event "change" follows whatever changed.
import { current } from "@/canvas/runs/current.js";
import { pins } from "@/canvas/runs/pins.js";
import { server } from "@/canvas/runs/server.js";

class LastValues extends EventTarget {
  nodes = new Map(); // by id
  sys = {};
  conversation = {};
  error = "";
  #loading = null;
  #isKnown = false;

  constructor() {
    super();
    let last = null; // the run whose end has been heard of
    const onRun = () => {
      const { record } = current;
      if (record === last || !record || record.isStored || record.status === "running") return;
      last = record;
      this.load();
    };
    current.addEventListener("update", onRun);
    current.addEventListener("change", onRun);
  }

  of(id) {
    return this.nodes.get(id);
  }

  // What a selector's variable had last; undefined where nothing did.
  valueOf([id, name]) {
    if (id === "sys" || id === "conversation") return this[id][name];
    return this.nodes.get(id)?.outputs?.[name];
  }

  // Once, for those who only look.
  ensure() {
    return this.#loading ?? (this.#isKnown ? Promise.resolve() : this.load());
  }

  // After one that is on its way, which may have been asked before what has changed since.
  load() {
    const mine = (this.#loading ?? Promise.resolve()).then(() => this.#load());
    this.#loading = mine;
    return mine.finally(() => {
      if (this.#loading === mine) this.#loading = null;
    });
  }

  edit = async (id, name, value) => this.#putNode(id, await server.edit(id, name, value));
  pin = async (id, isPinned) => this.#putNode(id, await server.pin(id, isPinned));
  reset = async (id) => this.#putNode(id, await server.reset(id));
  resetAll = async () => this.#putAll(await server.resetAll());

  async #load() {
    try {
      this.#putAll(await server.values());
    } catch (error) {
      this.error = error.message;
      this.dispatchEvent(new Event("change"));
    }
  }

  #putAll({ nodes, sys, conversation }) {
    Object.assign(this, { nodes: new Map(nodes.map((node) => [node.node_id, node])), sys: sys ?? {}, conversation: conversation ?? {}, error: "" });
    this.#isKnown = true;
    this.#told();
  }

  #putNode(id, { node }) {
    if (node) this.nodes.set(id, node);
    else this.nodes.delete(id);
    this.#told();
  }

  #told() {
    pins.put([...this.nodes.values()].filter((node) => node.is_pinned).map((node) => node.node_id));
    this.dispatchEvent(new Event("change"));
  }
}

export const lastValues = new LastValues();

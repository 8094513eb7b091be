// The run that the canvas shows: one of the draft that goes on or has ended, or an earlier one that is replayed.
//
// Events: "change" (another run is shown, or it began anew), "update" (detail: the rows that changed), at most one of
// these in a frame, however fast the run tells.
import { Socket } from "@/core/socket.js";
import { DraftRuns } from "@/debug/draft-runs.js";
import { draft } from "@/prompt/draft.js";
import { marks } from "@/canvas/signals.js";
import { RunRecord, markOf, replayed } from "@/canvas/runs/record.js";
import { addressOf, server } from "@/canvas/runs/server.js";

const LOOK_MS = 4_000; // how often a run that waits for a person is looked at

// Whether it may go on without telling this page.
const mayGoOn = ({ status, isStored }) => status === "paused" || (isStored && status === "running");

// Turns of the draft, each of them watched. A pane that leaves the page for a while closes nothing.
export class WatchedRuns extends DraftRuns {
  constructor() {
    const prepare = async () => ({ version_id: (await draft.save()).version_id });
    super(new Socket(addressOf.socket), prepare);
  }

  start(message, reader = null) {
    super.start(message, current.watch(reader, this));
  }

  // Once nobody needs it any more.
  end() {
    super.close();
  }

  close() {}
}

class CurrentRun extends EventTarget {
  record = null; // what is shown
  isRead = false; // whether somebody else shows what the last run says, too
  #live = null; // the last run of the draft
  #runs = null; // those that were started here
  #owner = null; // whose the live run is
  #frame = 0;
  #look = 0;

  get isReplay() {
    return Boolean(this.record?.isReplay);
  }

  get isBusy() {
    return this.#live?.status === "running" && !this.#live.isStored;
  }

  // Runs the draft; `message`: {inputs}, or {from_node_id}.
  start(message) {
    this.#runs ??= new WatchedRuns();
    this.#runs.start({ inputs: {}, ...message });
  }

  stop() {
    if (this.isBusy) this.#owner?.stop();
  }

  // A reader that also tells this; the run it reads is shown from now on.
  watch(reader, owner) {
    const record = this.#live = new RunRecord();
    this.#owner = owner;
    this.isRead = Boolean(reader);
    this.#show(record);
    return {
      restart: () => {
        record.restart();
        reader?.restart();
        if (this.record === record) this.#show(record);
      },
      receive: (event) => {
        record.receive(event);
        this.#tell(record);
        reader?.receive(event);
      },
    };
  }

  // An earlier run, with all that is stored of it.
  async replay(id) {
    const record = replayed(await server.run(id));
    this.#show(record);
    return record;
  }

  // To the last run of the draft, or to none.
  back() {
    this.#show(this.#live);
  }

  // Whether the run that waits has gone on: then what became of it is shown.
  async lookAgain() {
    const record = this.record;
    if (!record?.id || !mayGoOn(record)) return;
    const found = replayed(await server.run(record.id));
    if (this.record !== record || found.status === record.status) return;
    found.isReplay = record.isReplay;
    if (record === this.#live) this.#live = found;
    this.#show(found);
  }

  #show(record) {
    this.record = record;
    marks.clear();
    record?.takeChanges();
    for (const rows of record?.byNode.values() ?? []) marks.set(rows.at(-1).nodeId, markOf(rows.at(-1)));
    this.dispatchEvent(new Event("change"));
    this.#watchPause(record);
  }

  #tell(record) {
    if (record !== this.record || this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#flush();
    });
  }

  // All that came since the last frame.
  #flush() {
    const { record } = this;
    if (!record) return;
    const rows = record.takeChanges();
    for (const id of new Set(rows.map(({ nodeId }) => nodeId))) marks.set(id, markOf(record.byNode.get(id).at(-1)));
    this.dispatchEvent(new CustomEvent("update", { detail: rows }));
    this.#watchPause(record);
  }

  #watchPause(record) {
    clearInterval(this.#look);
    if (!record || !mayGoOn(record)) return;
    this.#look = setInterval(() => {
      if (document.visibilityState === "visible") this.lookAgain().catch(() => {});
    }, LOOK_MS);
  }
}

export const current = new CurrentRun();

// The app's configuration while it is written: changes, undo, saving.
//
// `draft.config` is never changed in place. Events on `document`: "draft-changed" (detail: the configuration) after each
// change, "draft-saved" (detail: {version_id, number}) when all is stored. Events on `draft`: "change" (detail: {source},
// who made it), "state" (detail: a word of STATES), "problems" (of `problems` and `checklist`).
import { t } from "@/core/words.js";
import { page } from "@/prompt/page.js";
import { ask, canLeaveWith } from "@/prompt/server.js";

export const STATES = ["saved", "unsaved", "saving", "failed", "conflict"];
const AUTOSAVE_MS = 800;
const RETRY_MS = 5_000;
const ONE_STEP_MS = 1_500; // typing that goes on is one step of undo
const MOST_STEPS = 100;

const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

class Draft extends EventTarget {
  #stored;
  #version;
  #timer;
  #saving = null;
  #undo = [];
  #redo = [];
  #last = { key: null, at: 0 };

  constructor({ config, version_id, number, problems, checklist }) {
    super();
    this.config = this.#stored = config;
    this.#version = { version_id, number };
    Object.assign(this, { problems, checklist });
    this.state = "saved";
  }

  get version() {
    return this.#version;
  }

  get canUndo() {
    return this.#undo.length > 0;
  }

  get canRedo() {
    return this.#redo.length > 0;
  }

  // What was done, the last first, and what can be done again, the next first: their labels.
  get steps() {
    return { past: this.#undo.map(({ label }) => label).reverse(), future: this.#redo.map(({ label }) => label).reverse() };
  }

  // `recipe` changes a copy; see `put`.
  change(recipe, options) {
    const next = structuredClone(this.config);
    recipe(next);
    this.put(next, options);
  }

  // Another configuration, which may share parts with this one. Changes with the same `key` soon after one another are
  // undone together; `label` says what was done.
  put(next, { key = null, source = null, label = "" } = {}) {
    if (next === this.config || isSame(next, this.config)) return;
    const now = Date.now();
    const goesOn = key !== null && key === this.#last.key && now - this.#last.at < ONE_STEP_MS;
    if (!goesOn) this.#undo.push({ config: this.config, label });
    this.#undo.splice(0, this.#undo.length - MOST_STEPS);
    this.#redo = [];
    this.#last = { key, at: now };
    this.#become(next, source);
  }

  undo() {
    this.#step(this.#undo, this.#redo);
  }

  redo() {
    this.#step(this.#redo, this.#undo);
  }

  // Resolves to {version_id, number} once what stands here now is stored.
  save(options) {
    clearTimeout(this.#timer);
    this.#saving ??= this.#store(options).finally(() => (this.#saving = null));
    return this.#saving;
  }

  // After the draft was changed elsewhere on purpose (a version was restored): what is stored, as one step of undo.
  async reload() {
    this.#takeOver(await ask(page.urls.draft));
  }

  #step(from, to) {
    if (!from.length) return;
    const { config, label } = from.pop();
    to.push({ config: this.config, label });
    this.#last = { key: null, at: 0 };
    this.#become(config, null);
  }

  #become(config, source) {
    this.config = config;
    this.dispatchEvent(new CustomEvent("change", { detail: { source } }));
    document.dispatchEvent(new CustomEvent("draft-changed", { detail: config }));
    if (this.state !== "conflict") this.#saveIn(AUTOSAVE_MS, "unsaved");
  }

  #saveIn(ms, state) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save().catch(() => {}), ms);
    if (!this.#saving) this.#show(state);
  }

  async #store(options) {
    while (this.config !== this.#stored) await this.#storeOnce(options);
    return this.#version;
  }

  async #storeOnce({ isLeaving = false, overwrite = false } = {}) {
    const { config } = this;
    this.#show("saving");
    try {
      const sent = { config, base_version_id: this.#version.version_id, overwrite };
      this.#keep(await ask(page.urls.draft, sent, { isLeaving }), config);
    } catch (error) {
      if (error.body?.code === "draft_conflict") return this.#settle(error.body.draft, error);
      this.error = error.message;
      this.#show("failed");
      if (error.status === 0 || error.status >= 500) this.#saveIn(RETRY_MS, "failed");
      throw error;
    }
  }

  async #settle(theirs, error) {
    this.#show("conflict");
    const { settleConflict } = await import("@/prompt/conflict.js");
    const choice = await settleConflict(theirs);
    if (choice === "overwrite") return this.#storeOnce({ overwrite: true });
    if (choice === "theirs") return this.#takeOver(theirs);
    throw error;
  }

  #takeOver(answer) {
    this.#undo.push({ config: this.config, label: t("Loaded what is stored") });
    this.#redo = [];
    this.config = answer.config;
    this.#keep(answer, answer.config);
    this.dispatchEvent(new CustomEvent("change", { detail: { source: null } }));
    document.dispatchEvent(new CustomEvent("draft-changed", { detail: this.config }));
  }

  #keep({ version_id, number, problems = this.problems, checklist = this.checklist }, config) {
    this.#stored = config;
    this.#version = { version_id, number };
    const isNew = !isSame([problems, checklist], [this.problems, this.checklist]);
    Object.assign(this, { problems, checklist });
    if (isNew) this.dispatchEvent(new Event("problems"));
    if (this.config !== config) return;
    this.#show("saved");
    document.dispatchEvent(new CustomEvent("draft-saved", { detail: this.#version }));
  }

  #show(state) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}

export const draft = new Draft(page.stored);

// Whoever leaves within the second before a save is not asked: it is sent on the way out.
function sendUnsaved() {
  if (draft.state === "unsaved") draft.save({ isLeaving: true }).catch(() => {});
}

document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && sendUnsaved());
addEventListener("beforeunload", (event) => {
  if (draft.state === "unsaved" && canLeaveWith(draft.config)) sendUnsaved();
  else if (draft.state !== "saved") event.preventDefault();
});

// What the parts of the canvas tell one another: which node is open, what is selected, how its last run went.
class Signals extends EventTarget {
  openId = null;
  selected = [];

  // Opens a node's settings; null closes them. `tab`: settings or run.
  open(id, tab = "settings") {
    this.openId = id;
    this.dispatchEvent(new CustomEvent("open", { detail: { id, tab } }));
  }

  select(ids) {
    if (ids.join() === this.selected.join()) return;
    this.selected = ids;
    this.dispatchEvent(new Event("select"));
  }

  // Asks for a new node: `anchor` is the element it was asked at; `after` {id, handle}, `between` {key, source, handle,
  // target} or `at` {x, y} say where it goes, nothing: the middle of what is seen.
  pick(request) {
    this.dispatchEvent(new CustomEvent("pick", { detail: request }));
  }

  // Asks the board to show a node and to put the focus on it.
  goTo(id) {
    this.dispatchEvent(new CustomEvent("goto", { detail: id }));
  }
}

export const signals = new Signals();

// The state of each node in the run that is shown: {status, elapsed_time, tokens, error, round, rounds}, by id.
class RunMarks extends EventTarget {
  #marks = new Map();
  #watchers = new Map();

  of = (id) => this.#marks.get(id);

  set(id, changes) {
    this.#marks.set(id, { ...this.#marks.get(id), ...changes });
    for (const watcher of this.#watchers.get(id) ?? []) watcher();
  }

  clear() {
    const ids = [...this.#marks.keys()];
    this.#marks.clear();
    for (const id of ids) for (const watcher of this.#watchers.get(id) ?? []) watcher();
  }

  entries() {
    return [...this.#marks];
  }

  // For one node's card alone: the others are not drawn anew.
  watch(id, watcher) {
    if (!this.#watchers.has(id)) this.#watchers.set(id, new Set());
    this.#watchers.get(id).add(watcher);
    return () => this.#watchers.get(id).delete(watcher);
  }
}

export const marks = new RunMarks();

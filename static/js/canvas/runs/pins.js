// Which nodes are pinned: they do not run, they bring what they brought last. Cards hear of their own node alone.
let pinned = new Set();
const watchers = new Map();

const tell = (id) => { for (const watcher of watchers.get(id) ?? []) watcher(); };

export const pins = {
  has: (id) => pinned.has(id),

  // All there are now.
  put(ids) {
    const before = pinned;
    pinned = new Set(ids);
    for (const id of new Set([...before, ...pinned])) if (before.has(id) !== pinned.has(id)) tell(id);
  },

  watch(id, watcher) {
    if (!watchers.has(id)) watchers.set(id, new Set());
    watchers.get(id).add(watcher);
    return () => watchers.get(id).delete(watcher);
  },
};

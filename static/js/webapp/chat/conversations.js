// The visitor's conversations as the server has them: pinned ones, and the others page by page, the last used first.
// Dispatches "change".
const PAGE = 20;
const MOST_PINNED = 100;
const MESSAGES = 20;
const UNNAMED = "New conversation";
// A model writes the title after the answer: looked for again after so many milliseconds.
const TITLE_WAITS_MS = [700, 1500, 3000, 6000, 12_000];

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Addresses of our own files without the host, which a proxy may have changed.
function relative(file) {
  const address = new URL(file.url, location.href);
  return address.host === location.host ? { ...file, url: address.pathname + address.search } : file;
}

export class Conversations extends EventTarget {
  #client;

  constructor(client) {
    super();
    this.#client = client;
    Object.assign(this, { pinned: [], recent: [], hasMore: false });
  }

  static isUnnamed({ name }) {
    return name === UNNAMED;
  }

  find(id) {
    return [...this.pinned, ...this.recent].find((conversation) => conversation.id === id);
  }

  isPinned(id) {
    return this.pinned.some((conversation) => conversation.id === id);
  }

  async load() {
    const before = new Set(this.recent);
    const [pinned, recent] = await Promise.all([
      this.#client.get("conversations", { pinned: true, limit: MOST_PINNED }),
      this.#client.get("conversations", { pinned: false, limit: PAGE }),
    ]);
    const listed = new Set([...pinned.data, ...recent.data].map(({ id }) => id));
    const begun = this.recent.filter((one) => !before.has(one) && !listed.has(one.id)); // while the list was on its way
    Object.assign(this, { pinned: pinned.data, recent: [...begun, ...recent.data], hasMore: recent.has_more });
    this.#changed();
  }

  async loadMore() {
    const page = await this.#client.get("conversations", { pinned: false, limit: PAGE, last_id: this.recent.at(-1)?.id });
    const known = new Set(this.recent.map(({ id }) => id));
    this.recent.push(...page.data.filter(({ id }) => !known.has(id)));
    this.hasMore = page.has_more;
    this.#changed();
  }

  // A conversation that has just been used, perhaps for the first time.
  touch(id, inputs) {
    if (this.isPinned(id)) return;
    const conversation = this.find(id) ?? { id, name: UNNAMED, inputs, introduction: undefined };
    this.recent = [conversation, ...this.recent.filter((other) => other !== conversation)];
    this.#changed();
  }

  // Looks for the title of a new conversation, again and again where `isPatient`.
  async findTitle(id, isPatient) {
    for (const wait of isPatient ? TITLE_WAITS_MS : [0]) {
      const { data } = await this.#client.get("conversations", { limit: 5 });
      const fresh = data.find((conversation) => conversation.id === id);
      const known = this.find(id);
      if (!fresh || !known) return;
      Object.assign(known, fresh);
      this.#changed();
      if (!Conversations.isUnnamed(fresh)) return;
      await pause(wait);
    }
  }

  async pin(id, isPinned) {
    await this.#client.patch(`conversations/${id}/${isPinned ? "pin" : "unpin"}`);
    await this.load();
  }

  async rename(id, name) {
    Object.assign(this.find(id), await this.#client.post(`conversations/${id}/name`, { name }));
    this.#changed();
  }

  async delete(id) {
    await this.#client.delete(`conversations/${id}`);
    this.pinned = this.pinned.filter((conversation) => conversation.id !== id);
    this.recent = this.recent.filter((conversation) => conversation.id !== id);
    this.#changed();
  }

  // Messages oldest first, and what loads those before them.
  async messages(id, firstId) {
    const page = await this.#client.get("messages", { conversation_id: id, limit: MESSAGES, first_id: firstId });
    const messages = page.data.map((message) => ({ ...message, message_files: message.message_files.map(relative) }));
    return { messages, more: page.has_more };
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

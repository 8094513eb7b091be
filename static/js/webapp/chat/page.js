// The public chat page: its conversations beside the pane that shows one of them.
import "@/chat/chat-pane.js";
import { local } from "@/core/storage.js";
import { t } from "@/core/words.js";
import { readAddress } from "@/webapp/address.js";
import { Conversations } from "@/webapp/chat/conversations.js";
import { Drawer } from "@/webapp/chat/drawer.js";
import { TalkList, nameOf } from "@/webapp/chat/talk-list.js";
import { Client } from "@/webapp/client.js";
import { paneSettings } from "@/webapp/settings.js";

const byId = (id) => document.getElementById(id);
const welcome = () => byId("welcome").content.cloneNode(true);
const explain = () => [t("This page does not exist any more. Ask whoever sent you the link for a new one.")];

// What the pane may ask of the browser API.
function apiOf(client) {
  return {
    upload: async (file) => (await client.upload("files/upload", file)).id,
    transcribe: async (file) => (await client.upload("audio-to-text", file)).text,
    speech: (messageId) => client.blob("text-to-audio", { message_id: messageId }),
    rate: (messageId, rating) => client.post(`messages/${messageId}/feedbacks`, { rating }),
    suggestions: async (messageId) => (await client.get(`messages/${messageId}/suggested-questions`)).data,
  };
}

class ChatPage {
  constructor(page, address) {
    Object.assign(this, { page, address });
    this.client = new Client({ ...page, userId: address.userId });
    this.lastKey = `conversation:${page.code}:${address.userId}`;
    this.conversations = new Conversations(this.client);
    this.pane = document.querySelector("chat-pane");
    this.title = byId("title");
    this.drawer = new Drawer({
      site: document.querySelector(".site"), panel: byId("panel"), scrim: byId("scrim"), isAlways: page.is_framed,
      openers: [byId("open-panel")], closers: [byId("close-panel")],
    });
    this.list = new TalkList(byId("talks"), this.conversations, {
      onopen: (id) => this.#guarded(() => this.open(id)),
      onmore: () => this.#guarded(() => this.conversations.loadMore()),
      onpin: (id) => this.#guarded(() => this.conversations.pin(id, !this.conversations.isPinned(id))),
      onrename: (id, name) => this.#guarded(() => this.conversations.rename(id, name)),
      ondelete: (id) => this.#askToDelete(id),
    });
    this.conversations.addEventListener("change", () => this.#showTitle());
    for (const button of document.querySelectorAll("[data-new-chat]")) button.addEventListener("click", () => this.begin());
    byId("delete-form").addEventListener("submit", ({ submitter }) => this.#onDeleteAnswer(submitter.value));
  }

  async start() {
    const { pane } = this;
    pane.open({ settings: paneSettings(this.page), runs: this.client.runs, api: apiOf(this.client), explain, welcome });
    pane.addEventListener("turn", ({ detail }) => this.#onTurn(detail));
    pane.addEventListener("turned", ({ detail }) => this.#onTurned(detail));
    pane.begin(this.address.inputs);
    const wanted = this.address.conversationId || local.get(this.lastKey);
    await this.#guarded(() => this.conversations.load());
    if (wanted && !pane.conversationId) await this.#reopen(wanted); // somebody may have begun another meanwhile
    if (!pane.conversationId) pane.startIfComplete(Object.keys(this.address.inputs));
  }

  begin() {
    this.drawer.close();
    this.#onLeave();
    local.delete(this.lastKey);
    this.list.setCurrent(null);
    this.pane.begin(this.address.inputs);
    this.#showTitle();
  }

  async open(id) {
    if (id === this.pane.conversationId) return this.drawer.close();
    this.pane.setAttribute("aria-busy", "true");
    try {
      const { messages, more } = await this.conversations.messages(id);
      let firstId = messages[0]?.id;
      const loadEarlier = async () => {
        const earlier = await this.conversations.messages(id, firstId);
        firstId = earlier.messages[0]?.id ?? firstId;
        return earlier;
      };
      this.#onLeave();
      const conversation = this.conversations.find(id) ?? { id, inputs: messages[0]?.inputs };
      this.pane.resume(conversation, messages, more ? loadEarlier : null);
    } finally {
      this.pane.removeAttribute("aria-busy");
    }
    local.set(this.lastKey, id);
    this.list.setCurrent(id);
    this.#showTitle();
    return this.drawer.close();
  }

  // The conversation of the last visit, or the one a link names; it may be gone.
  async #reopen(id) {
    try {
      await this.open(id);
    } catch (error) {
      local.delete(this.lastKey);
      if (this.address.conversationId || error.status !== 404) this.pane.composer.complain(error.message);
    }
  }

  #onTurn({ conversationId, isNew }) {
    local.set(this.lastKey, conversationId);
    this.conversations.touch(conversationId, this.pane.start.form.values());
    if (!isNew) return;
    this.list.setCurrent(conversationId);
    this.#findTitle(conversationId, false);
  }

  #onTurned({ conversationId, isNew }) {
    if (isNew) this.#findTitle(conversationId, true);
  }

  // A conversation that is left while it is written gets its title later.
  #onLeave() {
    const { isBusy, conversationId } = this.pane;
    if (isBusy && conversationId) this.#findTitle(conversationId, true);
  }

  #findTitle(id, isPatient) {
    this.conversations.findTitle(id, isPatient).catch(() => {}); // the list does without
  }

  #showTitle() {
    const conversation = this.conversations.find(this.pane.conversationId);
    this.title.textContent = conversation ? nameOf(conversation) : this.page.title;
  }

  #askToDelete(id) {
    this.deleting = id;
    byId("delete-name").textContent = nameOf(this.conversations.find(id));
    byId("delete-dialog").showModal();
  }

  #onDeleteAnswer(answer) {
    const id = this.deleting;
    if (answer !== "delete") return;
    this.#guarded(async () => {
      await this.conversations.delete(id);
      if (id === this.pane.conversationId) this.begin();
    });
  }

  async #guarded(work) {
    try {
      await work();
    } catch (error) {
      this.pane.composer.complain(error.message);
    }
  }
}

const address = await readAddress(location.search);
await new ChatPage(JSON.parse(byId("page").textContent), address).start();

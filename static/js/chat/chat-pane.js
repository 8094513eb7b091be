// <chat-pane>: a conversation with an app. In the console it finds its settings and its websocket by attributes,
// `settings="ID of a JSON script" socket="/path"`; a public page hands over more by `open`.
//
// It tells of a turn by the events "turn" and "turned"; the detail is {conversationId, messageId, isNew}.
import { Composer } from "@/chat/composer.js";
import { Equipment } from "@/chat/equipment.js";
import { LogView } from "@/chat/log-view.js";
import { StartBlock } from "@/chat/start-block.js";
import { Turn } from "@/chat/turn.js";
import { h, icon } from "@/core/dom.js";
import { SocketRuns } from "@/core/runs.js";
import { Socket } from "@/core/socket.js";
import { t } from "@/core/words.js";

const SIGNED_OUT = 4401;

function explainInConsole(code) {
  if (code !== SIGNED_OUT) return [t("This app does not exist any more.")];
  return [`${t("You are signed out.")} `, h("a", { href: `/signin?next=${encodeURIComponent(location.pathname)}` }, t("Sign in again"))];
}

class ChatPane extends HTMLElement {
  connectedCallback() {
    if (!this.hasAttribute("settings") || this.view) return;
    const settings = JSON.parse(document.getElementById(this.getAttribute("settings")).textContent);
    this.open({ settings, runs: new SocketRuns(new Socket(this.getAttribute("socket"))), explain: explainInConsole });
  }

  disconnectedCallback() {
    this.runs.close();
  }

  // `settings`: see StartBlock and Equipment; `isBeside` where the page is about something else, which keeps the focus;
  // `isAsked` where the page has the box for questions, and calls `ask`. `api`: upload(file), transcribe(file), speech(messageId),
  // rate(messageId, rating), suggestions(messageId), inspect(messageId); what is missing is not offered. `explain(code)`: why the server
  // closed the connection for good. `welcome()`: see StartBlock.
  open({ settings, runs, api = {}, explain, welcome }) {
    Object.assign(this, { settings, runs, api, explain, welcome });
    this.isGenerator = settings.mode === "completion";
    this.showsSteps = settings.showsSteps ?? true; // of flows; other apps have none
    this.#build();
    runs.addEventListener("open", () => this.#onOpen());
    runs.addEventListener("lost", ({ detail }) => this.#onLost(detail));
    this.begin();
  }

  #build() {
    this.view = new LogView();
    this.equipment = new Equipment(this);
    const restart = h("button", { className: "btn ghost icon-only", type: "button", "aria-label": t("New conversation"), title: t("New conversation"), onclick: () => this.#restart() }, icon("message-square-plus"));
    this.restart = this.settings.asksFirst ? null : restart;
    this.composer = new Composer({
      placeholder: this.settings.placeholder,
      onsend: (text) => this.#onSend(text),
      onstop: () => this.#stop(),
      ...this.equipment.forComposer(this.restart),
    });
    this.composer.box.hidden = this.isGenerator || Boolean(this.settings.isAsked);
    this.equipment.watch(this);
    this.append(this.view.element, this.composer.element);
  }

  // --- conversations ---

  // An empty conversation; `values` fill in its form.
  begin(values = {}) {
    this.#leave();
    this.conversationId = null;
    this.view.clear();
    this.#makeStart();
    this.start.form.fill(values);
    this.#show();
    this.#focus();
    this.dispatchEvent(new Event("begin"));
  }

  // Other settings for a conversation that has not begun; what its form holds is kept.
  change(settings) {
    const values = this.start.form.values();
    this.settings = settings;
    this.view.clear();
    this.#makeStart();
    this.start.form.fill(values);
    this.#show();
  }

  // A kept conversation: {id, inputs, introduction}, its messages as GET /messages has them, oldest first, and what
  // loads those before them (absent where there are none).
  resume(conversation, messages, loadEarlier) {
    this.#leave();
    this.conversationId = conversation.id;
    this.view.clear();
    this.#makeStart();
    this.start.form.fill(conversation.inputs ?? {});
    this.start.start(conversation.introduction);
    this.start.settle();
    const last = messages.at(-1);
    const isOpen = last && !last.answer && last.status === "normal"; // perhaps it is being written
    this.view.add(...(isOpen ? messages.slice(0, -1) : messages).flatMap((message) => this.#kept(message).elements));
    this.view.offerEarlier(loadEarlier && (async () => {
      const { messages: earlier, more } = await loadEarlier();
      this.view.addEarlier(earlier.flatMap((message) => this.#kept(message).elements));
      return more;
    }));
    if (isOpen) this.#attach(last);
    this.#show();
    this.view.follow(true);
    this.#focus();
  }

  // Goes on to an empty conversation whose form is already filled in, by these names at least.
  startIfComplete(names) {
    const { form } = this.start;
    if (this.start.isStarted || !names.some((name) => form.has(name)) || !form.isComplete) return;
    this.#onStart();
  }

  #attach(message) {
    const turn = this.#newTurn(message.query, Turn.filesOf(message));
    turn.messageId = message.id;
    this.runs.attach(message.id, this.#reader(turn));
  }

  // Not where that would open the keyboard of a phone, or take the focus from the page around a frame.
  #focus() {
    if (this.isGenerator || this.settings.isBeside || this.composer.element.hidden) return;
    if (matchMedia("(pointer: coarse)").matches || (window.top !== window && !document.hasFocus())) return;
    this.composer.focus();
  }

  // Whoever tries an app out asks the same again.
  #restart() {
    this.begin(this.settings.isBeside ? this.start.form.values() : {});
    this.composer.focus();
  }

  get isBusy() {
    return Boolean(this.turn);
  }

  #makeStart() {
    this.start = new StartBlock(this.settings, {
      onstart: () => (this.isGenerator ? this.#onGenerate() : this.#onStart()),
      onask: (question) => this.ask(question),
      upload: this.api.upload,
      welcome: this.welcome,
    });
    this.view.add(this.start.element);
  }

  // The turn goes on without us; its reader must not write into the next conversation.
  #leave() {
    this.equipment.rest();
    if (!this.turn) return;
    if (this.settings.asksFirst) this.runs.leave();
    else this.#stop();
    this.turn = null;
  }

  #kept(message) {
    return Turn.kept(message, (turn) => this.equipment.actionsFor(turn));
  }

  // --- what the person does ---

  #onStart() {
    if (!this.start.form.isValid()) return;
    this.start.start();
    this.#show();
    this.#focus();
  }

  #onGenerate() {
    if (this.turn) this.#stop();
    else this.ask("");
  }

  #onSend(text) {
    if (this.equipment.isUploading) this.composer.complain(t("Wait until the pictures are uploaded."));
    else this.ask(text, this.equipment.takeImages());
  }

  ask(query, { files = [], images = [] } = {}) {
    const { start } = this;
    if (this.turn || (!query && !this.isGenerator && !files.length) || !start.form.isValid()) return;
    if (!start.isStarted) this.#onStart();
    this.composer.text = "";
    this.composer.complain("");
    start.settle();
    start.form.lock(true);
    const turn = this.#newTurn(query, { files, images });
    const message = { query, inputs: start.form.values(), conversation_id: this.conversationId };
    this.runs.start(files.length ? { ...message, files } : message, this.#reader(turn));
  }

  #newTurn(query, { files = [], images = [] }) {
    const turn = new Turn(query, { images, files, actions: (ended) => this.equipment.actionsFor(ended) });
    this.turn = turn;
    this.view.add(...turn.elements);
    this.view.dropSuggestions();
    this.composer.status.textContent = t("The answer is being written.");
    this.#show();
    this.view.follow(true);
    return turn;
  }

  stop() {
    if (this.turn) this.#stop();
  }

  #stop() {
    this.turn.isStopWanted = true;
    this.runs.stop();
  }

  // --- what the server says ---

  #reader(turn) {
    return {
      restart: () => turn.restart(),
      receive: (event) => {
        if (this.turn === turn) this.#receive(turn, event);
      },
    };
  }

  #receive(turn, event) {
    if (event.message_id) this.#learn(turn, event);
    if (event.event === "message") turn.write(event.answer);
    else if (event.event === "message_replace") { turn.restart(); turn.write(event.answer); }
    else if (event.event === "message_end") this.#end(turn, () => turn.complete(event.metadata ?? {}));
    else if (event.event === "error") this.#fail(turn, event);
    else if (event.event === "workflow_paused") this.#end(turn, () => turn.complete({}));
    if (event.data && this.showsSteps) turn.steps.receive(event);
    this.view.follow();
  }

  #learn(turn, event) {
    if (turn.isTold) return;
    turn.isTold = true;
    turn.isNew = !this.conversationId;
    turn.messageId = event.message_id;
    this.conversationId = event.conversation_id ?? this.conversationId;
    this.#tell("turn", turn);
  }

  #fail(turn, { code, message }) {
    if (code === "connection_lost" && !turn.messageId) this.composer.text ||= turn.query;
    this.#end(turn, () => turn.fail(message));
  }

  #end(turn, close) {
    this.turn = null;
    close();
    this.composer.status.textContent = turn.isStopWanted ? t("The answer was stopped.") : t("Answer: {text}", { text: turn.text });
    if (this.isGenerator) this.start.form.lock(false);
    this.#show();
    if (!turn.messageId) return;
    this.#tell("turned", turn);
    this.equipment.afterAnswer(turn);
  }

  #tell(name, turn) {
    const { conversationId } = this;
    this.dispatchEvent(new CustomEvent(name, { detail: { conversationId, messageId: turn.messageId, isNew: turn.isNew, query: turn.query } }));
  }

  // --- the connection ---

  #onOpen() {
    this.composer.tell();
    this.#show();
  }

  #onLost({ code, isFinal }) {
    this.composer.tell(...(isFinal ? this.explain(code) : [t("Connection lost. Reconnecting…")]));
    this.#show();
  }

  #show() {
    const isBusy = Boolean(this.turn);
    const canSend = this.runs.isOpen && this.start.isStarted;
    this.composer.show({ isBusy, canSend });
    this.composer.element.hidden = !this.start.isStarted;
    if (this.restart) this.restart.hidden = !this.conversationId;
    if (this.isGenerator) {
      this.start.form.button.textContent = isBusy ? t("Stop") : t("Generate");
      this.start.form.button.disabled = !this.runs.isOpen;
    }
  }
}

customElements.define("chat-pane", ChatPane);

// <chat-pane settings="ID of a JSON script" socket="/path">: a conversation with an app over its websocket.
import { Turn } from "@/chat/turn.js";
import { VariablesForm } from "@/chat/variables-form.js";
import { h, icon } from "@/core/dom.js";
import { StreamingMarkdown } from "@/core/markdown.js";
import { Socket } from "@/core/socket.js";

const NEAR_END_PX = 80;

class ChatPane extends HTMLElement {
  connectedCallback() {
    if (this.log) return;
    this.settings = JSON.parse(document.getElementById(this.getAttribute("settings")).textContent);
    this.#build();
    this.#reset();
    this.#connect();
  }

  disconnectedCallback() {
    this.socket.close();
  }

  get isGenerator() {
    return this.settings.mode === "completion";
  }

  #build() {
    this.log = h("div", { className: "chat-log", role: "log", "aria-live": "off", "aria-label": "Conversation", tabIndex: 0 });
    this.status = h("p", { className: "sr-only", role: "status" });
    this.notice = h("div", { className: "notice warn", role: "alert", hidden: true });
    this.input = h("textarea", { rows: 1, placeholder: "Write a message", "aria-label": "Message", onkeydown: (event) => this.#onKey(event) });
    this.action = h("button", { className: "btn primary icon-only", type: "submit" });
    const restart = h("button", { className: "btn ghost icon-only", type: "button", "aria-label": "New conversation", title: "New conversation", onclick: () => this.#reset() }, icon("message-square-plus"));
    this.restart = restart;
    const box = h("div", { className: "composer-box", hidden: this.isGenerator }, this.input, restart, this.action);
    this.composer = h("form", { className: "composer", onsubmit: (event) => { event.preventDefault(); this.#onAction(); } }, this.notice, box, this.status);
    this.append(this.log, this.composer);
  }

  #connect() {
    this.socket = new Socket(this.getAttribute("socket"));
    this.socket.addEventListener("event", ({ detail }) => this.#receive(detail));
    this.socket.addEventListener("open", () => this.#onOpen());
    this.socket.addEventListener("lost", ({ detail }) => this.#onLost(detail));
  }

  // --- what the person does ---

  #onKey(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!this.turn) this.#onAction();
  }

  #onAction() {
    if (this.turn) this.#stop();
    else this.#ask(this.input.value.trim());
  }

  #ask(query) {
    if (this.turn || (!query && !this.isGenerator) || !this.form.isValid()) return;
    if (!this.socket.isOpen) {
      this.waiting = query; // asked before the connection stood: sent as soon as it does
      return;
    }
    this.input.value = "";
    this.start.querySelector(".suggest")?.remove();
    this.form.lock(true);
    this.turn = new Turn(query);
    this.log.append(...this.turn.elements);
    this.status.textContent = "The answer is being written.";
    this.socket.send({ type: "chat", query, inputs: this.form.values(), conversation_id: this.conversationId });
    this.#showAction();
    this.#follow(true);
  }

  #stop() {
    this.turn.stopWanted = true;
    if (this.turn.taskId) this.socket.send({ type: "stop", task_id: this.turn.taskId });
  }

  #reset() {
    if (this.turn) this.#stop();
    this.turn = null;
    this.waiting = undefined;
    this.conversationId = null;
    this.form = new VariablesForm(this.settings.form, {
      submitLabel: this.isGenerator ? "Generate" : null,
      onsubmit: () => this.#onAction(),
    });
    this.start = this.#startBlock();
    this.log.replaceChildren(this.start);
    this.#showAction();
    if (!this.isGenerator) this.input.focus();
  }

  #startBlock() {
    const block = h("div", { className: "chat-start" });
    const { opening_statement: opening, suggested_questions: questions } = this.settings;
    if (opening) {
      const text = h("div", { className: "md" });
      const markdown = new StreamingMarkdown(text);
      markdown.push(opening);
      markdown.finish();
      block.append(text);
    }
    if (this.isGenerator || !this.form.isEmpty) block.append(this.form.element);
    if (questions.length) {
      block.append(h("div", { className: "suggest" }, questions.map((question) => h("button", { className: "btn", type: "button", onclick: () => this.#ask(question) }, question))));
    }
    return block;
  }

  // --- what the server says ---

  #receive(event) {
    const turn = this.turn;
    if (!turn) return;
    if (event.message_id) this.#learn(turn, event);
    if (event.event === "message") turn.write(event.answer);
    else if (event.event === "message_replace") { turn.restart(); turn.write(event.answer); }
    else if (event.event === "message_end") this.#end(() => turn.complete(event.metadata ?? {}));
    else if (event.event === "error") this.#end(() => turn.fail(event.message));
    this.#follow();
  }

  #learn(turn, event) {
    const isNew = !turn.taskId && event.task_id;
    turn.messageId = event.message_id;
    turn.taskId ??= event.task_id;
    this.conversationId = event.conversation_id ?? this.conversationId;
    if (isNew && turn.stopWanted) this.#stop();
  }

  #end(close) {
    const { turn } = this;
    this.turn = null;
    close();
    this.status.textContent = turn.stopWanted ? "The answer was stopped." : `Answer: ${turn.text}`;
    if (this.isGenerator) this.form.lock(false);
    this.#showAction();
  }

  // --- the connection ---

  #onOpen() {
    this.notice.hidden = true;
    const { turn } = this;
    if (turn?.messageId) {
      turn.restart();
      this.socket.send({ type: "attach", message_id: turn.messageId });
    } else if (turn) {
      this.input.value ||= turn.query;
      this.#end(() => turn.fail("The connection was lost before the answer began. Please send it again."));
    }
    this.#showAction();
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting !== undefined) this.#ask(waiting);
  }

  #onLost({ code, isFinal }) {
    const signIn = h("a", { href: `/signin?next=${encodeURIComponent(location.pathname)}` }, "Sign in again");
    const final = code === 4401 ? ["You are signed out. ", signIn] : ["This app does not exist any more."];
    this.notice.replaceChildren(icon("wifi-off"), h("span", {}, isFinal ? final : ["Connection lost. Reconnecting…"]));
    this.notice.hidden = false;
    const { turn } = this;
    if (isFinal && turn) this.#end(() => turn.fail("The connection was closed."));
    this.#showAction();
  }

  // --- the look ---

  #showAction() {
    const label = this.turn ? "Stop" : "Send";
    const isOpen = Boolean(this.socket?.isOpen);
    this.action.replaceChildren(icon(this.turn ? "square" : "send"));
    this.action.ariaLabel = this.action.title = label;
    this.action.disabled = !isOpen;
    this.restart.hidden = !this.conversationId;
    if (this.isGenerator) {
      this.form.button.textContent = this.turn ? "Stop" : "Generate";
      this.form.button.disabled = !isOpen;
    }
  }

  #follow(isForced = false) {
    const { log } = this;
    if (!isForced && log.scrollHeight - log.scrollTop - log.clientHeight > NEAR_END_PX) return;
    requestAnimationFrame(() => { log.scrollTop = log.scrollHeight; });
  }
}

customElements.define("chat-pane", ChatPane);

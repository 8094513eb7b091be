// Turns over a socket, one at a time: sent when the socket stands, read again from the first event after it was lost.
//
// A reader has `receive(event)` and `restart()`, which says that the events come again from the first one. Its last
// event is `message_end`, `error` or `workflow_paused`, of a workflow, which belongs to no conversation, `workflow_finished`.
import { t } from "@/core/words.js";

const LAST = new Set(["message_end", "error", "workflow_paused"]);
const isLast = (event) => LAST.has(event.event) || (event.event === "workflow_finished" && !event.message_id);

// What is known of a turn so far, whichever way its events come.
export class Run {
  constructor(message, reader) {
    Object.assign(this, { message, reader, isSent: false, isStopWanted: false, messageId: null, taskId: null });
  }

  // Hands an event on; true for the last one.
  receive(event) {
    this.messageId ??= event.message_id ?? event.workflow_run_id ?? null;
    this.taskId ??= event.task_id ?? null;
    this.reader.receive(event);
    return isLast(event);
  }

  fail(code, message) {
    this.reader.receive({ event: "error", code, message, status: 0 });
  }

  loseBeforeItBegan() {
    this.fail("connection_lost", t("The connection was lost before the answer began. Please send it again."));
  }
}

export class SocketRuns extends EventTarget {
  #run = null;
  #socket;
  #isLeaving = false; // what comes before "detached" belongs to the turn that was left

  constructor(socket) {
    super();
    this.#socket = socket;
    socket.addEventListener("open", () => this.#onOpen());
    socket.addEventListener("lost", ({ detail }) => this.#onLost(detail));
    socket.addEventListener("event", ({ detail }) => this.#receive(detail));
  }

  get isOpen() {
    return this.#socket.isOpen;
  }

  start(message, reader) {
    this.#run = new Run({ type: "chat", ...message }, reader);
    if (this.isOpen) this.#send();
  }

  // Reads a turn that began earlier, from its first event on.
  attach(messageId, reader) {
    this.#run = new Run({ type: "attach", message_id: messageId }, reader);
    this.#run.messageId = messageId;
    if (this.isOpen) this.#send();
  }

  stop() {
    const run = this.#run;
    if (!run) return;
    run.isStopWanted = true;
    if (run.taskId) this.#socket.send({ type: "stop", task_id: run.taskId });
  }

  // Reads no more of the turn; it is written on.
  leave() {
    this.#isLeaving = Boolean(this.#run?.isSent && this.isOpen);
    if (this.#isLeaving) this.#socket.send({ type: "detach" });
    this.#run = null;
  }

  close() {
    this.#socket.close();
  }

  // Gives up its turn, for another way of reading it.
  take() {
    const run = this.#run;
    this.#run = null;
    return run;
  }

  #send() {
    this.#run.isSent = true;
    this.#socket.send(this.#run.message);
  }

  #receive(event) {
    const run = this.#run;
    if (event.event === "detached") this.#isLeaving = false;
    if (!run || this.#isLeaving || event.event === "detached") return;
    const wasStoppable = Boolean(run.taskId);
    if (run.receive(event)) this.#forget(run);
    else if (run.isStopWanted && !wasStoppable && run.taskId) this.stop();
  }

  // The reader of the last event may have started the next turn.
  #forget(run) {
    if (this.#run === run) this.#run = null;
  }

  #onOpen() {
    const run = this.#run;
    if (run?.isSent && run.messageId) {
      run.reader.restart();
      this.#socket.send({ type: "attach", message_id: run.messageId });
    } else if (run?.isSent) {
      this.#run = null;
      run.loseBeforeItBegan();
    } else if (run) {
      this.#send();
    }
    this.dispatchEvent(new Event("open"));
  }

  #onLost(detail) {
    const run = this.#run;
    this.#isLeaving = false;
    if (detail.isFinal && run) {
      this.#run = null;
      run.fail("connection_closed", t("The connection was closed."));
    }
    this.dispatchEvent(new CustomEvent("lost", { detail }));
  }
}

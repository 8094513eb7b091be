// Turns of a public page: over its websocket, and once that proves blocked, as server-sent events.
import { SocketRuns } from "@/core/runs.js";
import { Socket } from "@/core/socket.js";
import { SseRuns } from "@/webapp/sse-runs.js";

const PATIENCE_MS = 4000; // a proxy may accept the upgrade and let nothing through
const TRIES = 2;
const NO_SUCH_PAGE = 4404;
const REFUSED = 4401;

export class SiteRuns extends EventTarget {
  #client;
  #runs;
  #failures = 0;
  #hasOpened = false;
  #timer;

  constructor(client) {
    super();
    this.#client = client;
    const hello = async (lastCode) => ({
      type: "auth",
      token: await (lastCode === REFUSED ? client.passport.renew() : client.passport.token()),
    });
    this.#use(new SocketRuns(new Socket(`/ws/site/${client.code}/chat`, { hello, finalCodes: new Set([NO_SUCH_PAGE]) })));
    this.#timer = setTimeout(() => this.#fallBack(), PATIENCE_MS);
  }

  get isOpen() {
    return this.#runs.isOpen;
  }

  get isSocket() {
    return this.#runs instanceof SocketRuns;
  }

  start(message, reader) {
    this.#runs.start(message, reader);
  }

  attach(messageId, reader) {
    this.#runs.attach(messageId, reader);
  }

  stop() {
    this.#runs.stop();
  }

  leave() {
    this.#runs.leave();
  }

  close() {
    clearTimeout(this.#timer);
    this.#runs.close();
  }

  #use(runs) {
    this.#runs = runs;
    runs.addEventListener("open", () => {
      this.#hasOpened = true;
      clearTimeout(this.#timer);
      this.dispatchEvent(new Event("open"));
    });
    runs.addEventListener("lost", ({ detail }) => {
      if (!detail.isFinal && !this.#hasOpened && ++this.#failures >= TRIES) this.#fallBack();
      else if (detail.isFinal || this.#hasOpened) this.dispatchEvent(new CustomEvent("lost", { detail }));
    });
  }

  #fallBack() {
    if (this.#hasOpened) return;
    this.#hasOpened = true;
    clearTimeout(this.#timer);
    const waiting = this.#runs.take();
    this.#runs.close();
    this.#use(new SseRuns(this.#client));
    if (waiting?.message.type === "attach") this.#runs.attach(waiting.messageId, waiting.reader);
    else if (waiting) this.#runs.start(waiting.message, waiting.reader);
    this.dispatchEvent(new Event("open"));
  }
}

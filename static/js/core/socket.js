// A websocket that comes back by itself. It never queues: the owner hears of "open" and "lost" and decides.
//
// `hello(code)` gives the first frame where the server asks for one, after which it says "ready"; `code` is what the
// last connection was closed with. Where `hello` fails, that counts as a lost connection.
const BEAT_MS = 25_000;
const LONGEST_WAIT_MS = 15_000;
// The server's word that trying again is useless: not signed in, no such app.
const FINAL_CODES = new Set([4401, 4404]);

export class Socket extends EventTarget {
  #socket;
  #tries = 0;
  #beat;
  #retry;
  #hello;
  #isReady = false;
  #lastCode = 0;
  #isClosed = false;

  constructor(path, { hello, finalCodes = FINAL_CODES } = {}) {
    super();
    this.#hello = hello;
    this.finalCodes = finalCodes;
    this.url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
    this.#open();
  }

  get isOpen() {
    return this.#isReady && this.#socket.readyState === WebSocket.OPEN;
  }

  send(message) {
    if (this.isOpen) this.#socket.send(JSON.stringify(message));
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#socket.onclose = null;
    this.#stopBeat();
    this.#socket.close();
  }

  #open() {
    const socket = this.#socket = new WebSocket(this.url);
    socket.onopen = () => (this.#hello ? this.#greet(socket) : this.#onReady());
    socket.onmessage = ({ data }) => {
      const detail = JSON.parse(data);
      if (detail.event === "ready") this.#onReady();
      else if (detail.event !== "pong") this.dispatchEvent(new CustomEvent("event", { detail }));
    };
    socket.onclose = ({ code }) => this.#lost(code);
  }

  async #greet(socket) {
    try {
      const hello = await this.#hello(this.#lastCode);
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(hello));
    } catch {
      socket.close();
    }
  }

  #onReady() {
    this.#isReady = true;
    this.#tries = 0;
    this.#beat = setInterval(() => this.send({ type: "ping" }), BEAT_MS);
    this.dispatchEvent(new Event("open"));
  }

  #lost(code) {
    this.#stopBeat();
    this.#isReady = false;
    this.#lastCode = code;
    const isFinal = this.finalCodes.has(code);
    this.dispatchEvent(new CustomEvent("lost", { detail: { code, isFinal } }));
    if (isFinal || this.#isClosed) return; // whoever heard "lost" may have closed it
    const wait = Math.min(LONGEST_WAIT_MS, 400 * 2 ** this.#tries++);
    this.#retry = setTimeout(() => this.#open(), wait * (0.7 + Math.random() * 0.6));
  }

  #stopBeat() {
    clearInterval(this.#beat);
  }
}

// A websocket that comes back by itself. It never queues: the owner hears of "open" and "lost" and decides.
const BEAT_MS = 25_000;
const LONGEST_WAIT_MS = 15_000;
// The server's word that trying again is useless: not signed in, no such app.
const FINAL_CODES = new Set([4401, 4404]);

export class Socket extends EventTarget {
  #socket;
  #tries = 0;
  #beat;
  #retry;

  constructor(path) {
    super();
    this.url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
    this.#open();
  }

  get isOpen() {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(message) {
    if (this.isOpen) this.#socket.send(JSON.stringify(message));
  }

  close() {
    clearTimeout(this.#retry);
    this.#socket.onclose = null;
    this.#stopBeat();
    this.#socket.close();
  }

  #open() {
    this.#socket = new WebSocket(this.url);
    this.#socket.onopen = () => {
      this.#tries = 0;
      this.#beat = setInterval(() => this.send({ type: "ping" }), BEAT_MS);
      this.dispatchEvent(new Event("open"));
    };
    this.#socket.onmessage = ({ data }) => {
      const detail = JSON.parse(data);
      if (detail.event !== "pong") this.dispatchEvent(new CustomEvent("event", { detail }));
    };
    this.#socket.onclose = ({ code }) => this.#lost(code);
  }

  #lost(code) {
    this.#stopBeat();
    const isFinal = FINAL_CODES.has(code);
    this.dispatchEvent(new CustomEvent("lost", { detail: { code, isFinal } }));
    if (isFinal) return;
    const wait = Math.min(LONGEST_WAIT_MS, 400 * 2 ** this.#tries++);
    this.#retry = setTimeout(() => this.#open(), wait * (0.7 + Math.random() * 0.6));
  }

  #stopBeat() {
    clearInterval(this.#beat);
  }
}

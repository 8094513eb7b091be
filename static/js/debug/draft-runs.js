// Turns of the draft: each is stored before it runs, so that what is tried out is what is on the page.
//
// `prepare()` gives what is added to a question's frame, such as the version; where it fails, its error is the turn's.
// The event "ended" follows the last event of a turn.
import { SocketRuns } from "@/core/runs.js";
import { t } from "@/core/words.js";

const isLast = ({ event }) => event === "message_end" || event === "error";

export class DraftRuns extends SocketRuns {
  #waiting = null;
  #prepare;

  constructor(socket, prepare) {
    super(socket);
    this.#prepare = prepare;
  }

  start(message, reader) {
    this.#begin(message, this.#watched(reader));
  }

  stop() {
    const reader = this.#waiting;
    if (!reader) return super.stop();
    this.#waiting = null;
    return this.#refuse(reader, t("It was stopped before it began."));
  }

  async #begin(message, reader) {
    this.#waiting = reader;
    try {
      const more = await this.#prepare();
      if (this.#waiting === reader) super.start({ ...message, ...more }, reader);
    } catch (error) {
      if (this.#waiting === reader) this.#refuse(reader, error.message);
    }
    if (this.#waiting === reader) this.#waiting = null;
  }

  #refuse(reader, message) {
    reader.receive({ event: "error", code: "not_begun", message, status: 0 });
  }

  #watched(reader) {
    return {
      restart: () => reader.restart(),
      receive: (event) => {
        reader.receive(event);
        if (isLast(event)) this.dispatchEvent(new Event("ended"));
      },
    };
  }
}

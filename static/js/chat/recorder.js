// The microphone button: records, has the words written down and hands them on.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";

const canRecord = () => Boolean(navigator.mediaDevices?.getUserMedia && window.MediaRecorder);

export class Recorder {
  #recorder = null;

  // `transcribe(file)` gives the text; null in place of the button where nothing can be recorded.
  constructor({ transcribe, onwords, onproblem }) {
    Object.assign(this, { transcribe, onwords, onproblem });
    this.button = canRecord() ? h("button", { className: "btn ghost icon-only", type: "button", onclick: () => this.#toggle() }) : null;
    this.#show("idle");
  }

  async #toggle() {
    if (this.#recorder) {
      this.#recorder.stop();
      return;
    }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      this.#record(stream);
    } catch {
      this.onproblem(t("The microphone cannot be used. Allow it in the browser's settings for this page."));
    }
  }

  #record(stream) {
    const pieces = [];
    const recorder = this.#recorder = new MediaRecorder(stream);
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    recorder.onstop = () => {
      for (const track of stream.getTracks()) track.stop();
      this.#recorder = null;
      this.#write(pieces, recorder.mimeType);
    };
    recorder.start();
    this.#show("recording");
  }

  async #write(pieces, mimeType) {
    const type = mimeType.split(";")[0] || "audio/webm";
    this.#show("writing");
    try {
      const text = await this.transcribe(new File(pieces, `speech.${type.split("/")[1]}`, { type }));
      if (text) this.onwords(text);
      else this.onproblem(t("No words were heard."));
    } catch (error) {
      this.onproblem(error.message);
    }
    this.#show("idle");
  }

  #show(state) {
    const { button } = this;
    if (!button) return;
    button.dataset.state = state;
    button.disabled = state === "writing";
    button.setAttribute("aria-pressed", String(state === "recording"));
    button.ariaLabel = button.title = state === "recording" ? t("Stop recording") : t("Speak");
    button.replaceChildren(state === "recording" ? icon("square") : icon("mic"));
  }
}

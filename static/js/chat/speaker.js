// Reads answers aloud, one at a time.
import { icon } from "@/core/dom.js";
import { t } from "@/core/words.js";

function show(button, isOn) {
  button.setAttribute("aria-pressed", String(isOn));
  button.ariaLabel = button.title = isOn ? t("Stop reading") : t("Read aloud");
  button.replaceChildren(isOn ? icon("square") : icon("volume-2"));
}

export class Speaker {
  #audio = new Audio();
  #button = null;
  #address = "";

  // `fetchAudio(messageId)` gives a blob.
  constructor(fetchAudio, onproblem) {
    Object.assign(this, { fetchAudio, onproblem });
    this.#audio.onended = () => this.stop();
  }

  async toggle(messageId, button) {
    const wasOn = this.#button === button;
    this.stop();
    if (wasOn) return;
    this.#button = button;
    show(button, true);
    button.setAttribute("aria-busy", "true");
    try {
      const blob = await this.fetchAudio(messageId);
      if (this.#button !== button) return;
      this.#address = URL.createObjectURL(blob);
      this.#audio.src = this.#address;
      await this.#audio.play();
    } catch (error) {
      if (this.#button === button) this.stop();
      if (error.name !== "AbortError") this.onproblem(error.code ? error.message : t("The answer could not be read aloud."));
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  stop() {
    this.#audio.pause();
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = "";
    if (this.#button) show(this.#button, false);
    this.#button = null;
  }
}

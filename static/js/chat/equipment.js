// What a pane offers besides text, each part where the app has it switched on and the page can serve it: pictures, the
// microphone, reading aloud, ratings, asking again, follow-up questions.
import { Attachments } from "@/chat/attachments.js";
import { Recorder } from "@/chat/recorder.js";
import { Speaker } from "@/chat/speaker.js";

export class Equipment {
  // `pane.settings.features`: {images: {limitMb, most} | null, hearing, speaking, speaksItself, suggestions}.
  constructor(pane) {
    this.pane = pane;
    const { api } = pane;
    const features = this.features = pane.settings.features ?? {};
    const onproblem = (text) => pane.composer.complain(text);
    this.attachments = features.images && api.upload
      ? new Attachments({ ...features.images, upload: api.upload, onproblem }) : null;
    this.recorder = features.hearing && api.transcribe
      ? new Recorder({ transcribe: api.transcribe, onwords: (text) => pane.composer.insert(text), onproblem }) : null;
    this.speaker = features.speaking && api.speech ? new Speaker(api.speech, onproblem) : null;
  }

  forComposer(restart) {
    const { attachments, recorder } = this;
    return {
      above: attachments ? [attachments.list] : [],
      before: attachments ? [attachments.button, attachments.picker] : [],
      after: [recorder?.button, restart],
    };
  }

  watch(element) {
    this.attachments?.watch(element);
  }

  get isUploading() {
    return this.attachments?.isUploading ?? false;
  }

  takeImages() {
    return this.attachments?.take();
  }

  // Another conversation is shown.
  rest() {
    this.speaker?.stop();
    this.attachments?.clear();
  }

  actionsFor(turn) {
    const { pane, speaker } = this;
    const { api } = pane;
    return {
      speak: speaker && turn.messageId ? (button) => speaker.toggle(turn.messageId, button) : null,
      rate: api.rate && turn.messageId ? (rating) => this.#rate(turn, rating) : null,
      inspect: api.inspect && turn.messageId ? () => api.inspect(turn.messageId) : null,
      regenerate: (pane.settings.asksFirst || pane.settings.isBeside) && !pane.settings.isAsked && !pane.isGenerator ? () => pane.ask(turn.query, turn) : null,
    };
  }

  async #rate(turn, rating) {
    try {
      await this.pane.api.rate(turn.messageId, rating);
    } catch (error) {
      this.pane.composer.complain(error.message);
      throw error;
    }
  }

  async afterAnswer(turn) {
    const { pane } = this;
    const isWhole = !turn.isStopWanted && !turn.isFailed;
    if (isWhole && this.features.speaksItself && this.speaker) {
      const button = turn.answer.querySelector(".speak");
      if (button) this.speaker.toggle(turn.messageId, button);
    }
    if (!isWhole || !this.features.suggestions || !pane.api.suggestions) return;
    const questions = await pane.api.suggestions(turn.messageId).catch(() => []);
    const isStillLast = !pane.isBusy && pane.view.log.lastElementChild === turn.answer;
    if (isStillLast) pane.view.suggest(questions, (question) => pane.ask(question));
  }
}

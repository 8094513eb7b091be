// What the app does besides, in a drawer: opener, citations, speech, files. Keys nobody here knows are kept.
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { field, iconButton, input, moveButtons, moved, select, switchField } from "@/prompt/fields.js";
import { page } from "@/prompt/page.js";
import { mountDrawer } from "@/canvas/drawer.js";
import { hasUpload, turnUpload, uploads } from "@/canvas/features-upload.js";

const KEY = "features";
const CHAT = "advanced-chat";
const MOST_QUESTIONS = 10;
let isOpenerShown = false;

const featuresOf = () => draft.config.features ?? {};

// `typing` names the text that is typed: its field is not drawn anew, and it is one step of undo.
function write(changes, label, typing = null) {
  draft.put({ ...draft.config, features: { ...featuresOf(), ...changes } }, { label: t("{name} changed", { name: label }), ...(typing ? { key: `feature-${typing}`, source: KEY } : {}) });
}

const FEATURES = [
  { key: "opener", sign: "message-square", label: t("Opener"), text: t("The app speaks first and offers questions."), chat: true, isOn: hasOpener, turn: turnOpener, settings: opener },
  { key: "suggested_questions_after_answer", sign: "list", label: t("Follow-up questions"), text: t("Three questions the user may ask next, below each answer."), chat: true },
  { key: "retriever_resource", sign: "quote", label: t("Citations"), text: t("Answers name the documents they rest on."), chat: true },
  { key: "file_upload", sign: "file-up", label: t("Files"), text: t("Users send files along; the flow finds them in sys.files."), isOn: hasUpload, turn: (on) => write(turnUpload(featuresOf(), on), t("Files")), settings: (features) => uploads(features, (changes) => write(changes, t("Files"))) },
  { key: "speech_to_text", sign: "mic", label: t("Speech to text"), text: t("Users speak instead of typing."), chat: true, lacks: page.hears ? null : t("Needs a speech-to-text model: set one up under Models.") },
  { key: "text_to_speech", sign: "volume-2", label: t("Text to speech"), text: t("Answers can be listened to."), chat: true, lacks: page.speaks ? null : t("Needs a text-to-speech model: set one up under Models."), settings: speech },
];

const questionsOf = (features) => (Array.isArray(features.suggested_questions) ? features.suggested_questions : []);
const speaksFirst = (features) => Boolean(features.opening_statement) || questionsOf(features).length > 0;

function hasOpener(features) {
  return isOpenerShown || speaksFirst(features);
}

function turnOpener(on) {
  const had = speaksFirst(featuresOf());
  isOpenerShown = on;
  if (on || !had) return drawer.redraw();
  write({ opening_statement: "", suggested_questions: [] }, t("Opener"));
  toast(t("The opener was removed."), "ok", { undo: () => draft.undo() });
}

function opener(features) {
  const text = h("textarea", { className: "input", rows: 3, value: features.opening_statement ?? "", maxLength: 4000, "data-key": "opening", oninput: ({ target }) => write({ opening_statement: target.value }, t("Opener"), "opening") });
  return [field(t("What it says first"), text, t("Variables can stand here, too: {example}", { example: "{{name}}" })), questions(questionsOf(features))];
}

function questions(list) {
  const set = (next, typing) => write({ suggested_questions: next }, t("Opener"), typing);
  const rows = list.map((question, place) => h("div", { className: "row tight question" },
    input({ className: "input grow", value: question, maxLength: 300, "aria-label": t("Question {number}", { number: place + 1 }), "data-key": `question-${place}`, oninput: ({ target }) => set(questionsOf(featuresOf()).with(place, target.value), `question-${place}`) }),
    moveButtons(t("question {number}", { number: place + 1 }), place, list.length - 1, (from, to) => set(moved([...questionsOf(featuresOf())], from, to)), `question-${place}`),
    iconButton(t("Remove question {number}", { number: place + 1 }), "x", () => set(questionsOf(featuresOf()).toSpliced(place, 1)))));
  const add = h("button", { className: "btn", type: "button", disabled: list.length >= MOST_QUESTIONS, "data-key": "add-question", onclick: () => {
    set([...questionsOf(featuresOf()), ""]);
    document.querySelector(`#features-drawer [data-key="question-${list.length}"]`)?.focus();
  } }, icon("plus"), t("Add question"));
  return h("fieldset", { className: "plain" }, h("legend", { className: "legend" }, t("Questions it offers")), rows, h("div", {}, add));
}

function speech({ text_to_speech: given }) {
  const set = (changes) => write({ text_to_speech: { ...featuresOf().text_to_speech, ...changes } }, t("Text to speech"));
  const voices = [["", t("The model's own")], ...page.voices.map(({ key, label }) => [key, label])];
  return [field(t("Voice"), select(voices, given?.voice ?? "", { "data-key": "voice", onchange: ({ target }) => set({ voice: target.value }) })),
    switchField(t("Read answers out by themselves"), given?.autoPlay === "enabled", (on) => set({ autoPlay: on ? "enabled" : "disabled" }), { "data-key": "autoplay" })];
}

function card(feature, features) {
  const { key, sign, label, text, lacks } = feature;
  const on = feature.isOn ? feature.isOn(features) : features[key]?.enabled === true;
  const toggle = (enabled) => write({ [key]: { ...featuresOf()[key], enabled } }, label);
  const head = switchField(label, on, feature.turn ?? toggle, { "data-key": `feature-${key}`, disabled: Boolean(lacks) && !on, "aria-describedby": `about-${key}` });
  const settings = on ? [feature.settings?.(features) ?? []].flat().filter(Boolean) : [];
  return h("li", { className: "feature" }, h("span", { className: "feature-icon" }, icon(sign)), h("div", { className: "feature-head" }, head, h("p", { className: "muted", id: `about-${key}` }, text)),
    lacks ? h("p", { className: "help" }, icon("info"), h("span", {}, lacks)) : null, settings.length ? h("div", { className: "feature-settings" }, settings) : null);
}

function draw() {
  const own = FEATURES.filter(({ chat }) => !chat || page.app.mode === CHAT);
  return [h("ul", { className: "flow-features" }, own.map((feature) => card(feature, featuresOf())))];
}

let drawer;

export function mountFeaturesDrawer() {
  drawer = mountDrawer({ key: KEY, label: t("Features"), sign: "sparkles", draw });
}

// What an app can do besides answering: one card with a switch each, its settings below it.
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { field, iconButton, input, moveButtons, moved, redraw, select, switchField } from "@/prompt/fields.js";
import { basesOf } from "@/prompt/knowledge.js";
import { isChat, modelOf, page } from "@/prompt/page.js";

const host = document.getElementById("features");
const MOST_PICTURES = 6;
const MOST_QUESTIONS = 10;
let isOpenerShown = false;

const write = (recipe, key = null) => draft.change(recipe, { key });
const toggle = (name) => (on) => write((config) => { config[name] = { ...config[name], enabled: on }; });
const isOn = (name) => (config) => config[name]?.enabled === true;
const quiet = (text) => h("p", { className: "help" }, icon("info"), h("span", {}, text));

const FEATURES = [
  { key: "opener", sign: "message-square", label: t("Opener"), text: t("The app speaks first and offers questions."), chat: true, isOn: hasOpener, turn: turnOpener, settings: opener },
  { key: "suggested_questions_after_answer", sign: "list", label: t("Follow-up questions"), text: t("Three questions the user may ask next, below each answer."), chat: true },
  { key: "more_like_this", sign: "copy", label: t("More like this"), text: t("Users ask for another text of the same kind."), chat: false },
  { key: "vision", sign: "eye", label: t("Vision"), text: t("Users send pictures along."), isOn: hasVision, turn: turnVision, settings: vision },
  { key: "retriever_resource", sign: "quote", label: t("Citations"), text: t("Answers name the documents they rest on."), settings: (config) => (basesOf(config).length ? null : quiet(t("There is something to cite once the app has knowledge."))) },
  { key: "speech_to_text", sign: "mic", label: t("Speech to text"), text: t("Users speak instead of typing."), lacks: page.hears ? null : t("Needs a speech-to-text model: set one up under Models.") },
  { key: "text_to_speech", sign: "volume-2", label: t("Text to speech"), text: t("Answers can be listened to."), lacks: page.speaks ? null : t("Needs a text-to-speech model: set one up under Models."), settings: speech },
];

function hasOpener(config) {
  return isOpenerShown || Boolean(config.opening_statement) || Boolean(config.suggested_questions?.length);
}

function turnOpener(on) {
  isOpenerShown = on;
  const had = Boolean(draft.config.opening_statement || draft.config.suggested_questions?.length);
  write((config) => { if (!on) Object.assign(config, { opening_statement: "", suggested_questions: [] }); });
  if (!on && had) toast(t("The opener was removed."), "ok", { undo: () => draft.undo() });
  show();
}

function opener(config) {
  const text = h("textarea", { className: "input", rows: 3, value: config.opening_statement ?? "", maxLength: 4000, "data-key": "opening", oninput: ({ target }) => draft.change((next) => { next.opening_statement = target.value; }, { key: "opening", source: host }) });
  const questions = config.suggested_questions ?? [];
  const rows = questions.map((question, place) => h("div", { className: "row tight question" },
    input({ className: "input grow", value: question, maxLength: 300, "aria-label": t("Question {number}", { number: place + 1 }), "data-key": `question-${place}`, oninput: ({ target }) => draft.change((next) => { next.suggested_questions[place] = target.value; }, { key: `question-${place}`, source: host }) }),
    moveButtons(t("question {number}", { number: place + 1 }), place, questions.length - 1, (from, to) => write((next) => moved(next.suggested_questions, from, to)), `question-${place}`),
    iconButton(t("Remove question {number}", { number: place + 1 }), "x", () => write((next) => next.suggested_questions.splice(place, 1)))));
  const add = h("button", { className: "btn", type: "button", disabled: questions.length >= MOST_QUESTIONS, "data-key": "add-question", onclick: () => {
    write((next) => (next.suggested_questions ??= []).push(""));
    host.querySelector(`[data-key="question-${questions.length}"]`)?.focus();
  } }, icon("plus"), t("Add question"));
  return [field(t("What it says first"), text, t("Variables can stand here, too: {example}", { example: "{{name}}" })), h("fieldset", { className: "plain" }, h("legend", { className: "legend" }, t("Questions it offers")), rows, h("div", {}, add))];
}

const imageOf = (config) => config.file_upload?.image ?? {};

function hasVision(config) {
  const upload = config.file_upload ?? {};
  return upload.enabled === true || imageOf(config).enabled === true;
}

function writeVision(changes) {
  write((config) => {
    const image = { number_limits: 3, detail: "high", transfer_methods: ["remote_url", "local_file"], ...imageOf(config), ...changes };
    config.file_upload = { ...config.file_upload, enabled: image.enabled, allowed_file_types: ["image"], allowed_file_upload_methods: image.transfer_methods, number_limits: image.number_limits, image };
  });
}

function turnVision(on) {
  writeVision({ enabled: on });
}

function vision(config) {
  const image = imageOf(config);
  const { model } = modelOf(config);
  const detail = select([["auto", t("Automatic")], ["low", t("Low")], ["high", t("High")]], image.detail ?? "high", { "data-key": "detail", onchange: ({ target }) => writeVision({ detail: target.value }) });
  const count = select(Array.from({ length: MOST_PICTURES }, (_, place) => [String(place + 1), String(place + 1)]), String(config.file_upload?.number_limits ?? image.number_limits ?? 3), { "data-key": "pictures", onchange: ({ target }) => writeVision({ number_limits: Number(target.value) }) });
  return [h("div", { className: "pair" }, field(t("Detail"), detail, t("High reads small print and costs more.")), field(t("Pictures at a time"), count)), model && !model.features.includes("vision") ? quiet(t("{name} cannot see pictures. Choose a model with an eye.", { name: model.label })) : null];
}

function speech(config) {
  const { voice = "", autoPlay } = config.text_to_speech ?? {};
  const set = (changes) => write((next) => Object.assign(next.text_to_speech, changes));
  const voices = [["", t("The model's own")], ...page.voices.map(({ key, label }) => [key, label])];
  return [field(t("Voice"), select(voices, voice ?? "", { "data-key": "voice", onchange: ({ target }) => set({ voice: target.value }) })),
    switchField(t("Read answers out by themselves"), autoPlay === "enabled", (on) => set({ autoPlay: on ? "enabled" : "disabled" }), { "data-key": "autoplay" })];
}

function card(feature, config) {
  const { key, sign, label, text, lacks } = feature;
  const on = (feature.isOn ?? isOn(key))(config);
  const head = switchField(label, on, feature.turn ?? toggle(key), { "data-key": `feature-${key}`, disabled: Boolean(lacks) && !on, "aria-describedby": `feature-${key}` });
  const settings = on ? [feature.settings?.(config) ?? []].flat().filter(Boolean) : [];
  return h("li", { className: "feature" }, h("span", { className: "feature-icon" }, icon(sign)), h("div", { className: "feature-head" }, head, h("p", { className: "muted", id: `feature-${key}` }, text)),
    lacks ? quiet(lacks) : null, settings.length ? h("div", { className: "feature-settings" }, settings) : null);
}

function show({ detail } = {}) {
  if (detail?.source === host) return;
  const own = FEATURES.filter(({ chat }) => chat === undefined || chat === isChat);
  redraw(host, own.map((feature) => card(feature, draft.config)));
}

export function mountFeatures() {
  draft.addEventListener("change", show);
  show();
}

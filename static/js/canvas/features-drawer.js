// What a flow can do besides answering: a card with a switch each, its settings below it.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { field, iconButton, input, moveButtons, redraw, select, switchField } from "@/prompt/fields.js";
import { page } from "@/prompt/page.js";
import { dock } from "@/canvas/dock.js";
import { movedTo } from "@/canvas/forms/paths.js";
import { setPart } from "@/canvas/graph.js";

const KEY = "features";
const IS_CHAT = page.app.mode === "advanced-chat";
const MOST_QUESTIONS = 10;
const MOST_FILES = 10;
const TYPING = {}; // who types here
const FILE_TYPES = [["image", t("Pictures")], ["document", t("Documents")], ["audio", t("Audio")], ["video", t("Video")]];
const WAYS = [["local_file", t("Uploaded")], ["remote_url", t("By their address")]];
let isOpenerShown = false;
let host;

const features = () => draft.config.features ?? {};
const write = (changes, key = null) => setPart({ features: { ...features(), ...changes } }, { label: t("Features changed"), key: key && `features-${key}`, source: key ? TYPING : null });
const change = (name, changes) => write({ [name]: { ...features()[name], ...changes } });
const help = (text) => h("p", { className: "help" }, text);

const FEATURES = [
  { key: "opener", sign: "message-square", label: t("Opener"), text: t("The app speaks first and offers questions."), isOn: hasOpener, turn: turnOpener, settings: opener },
  { key: "suggested_questions_after_answer", sign: "list", label: t("Follow-up questions"), text: t("Three questions the user may ask next, below each answer.") },
  { key: "file_upload", sign: "file-up", label: t("Files"), text: t("Users send files along: nodes find them in sys.files."), isBoth: true, isOn: hasFiles, turn: turnFiles, settings: files },
  { key: "retriever_resource", sign: "quote", label: t("Citations"), text: t("Answers name the documents they rest on.") },
  { key: "speech_to_text", sign: "mic", label: t("Speech to text"), text: t("Users speak instead of typing."), lacks: page.hears ? null : t("Needs a speech-to-text model: set one up under Models.") },
  { key: "text_to_speech", sign: "volume-2", label: t("Text to speech"), text: t("Answers can be listened to."), lacks: page.speaks ? null : t("Needs a text-to-speech model: set one up under Models."), settings: speech },
];

function hasOpener() {
  const { opening_statement: text, suggested_questions: questions } = features();
  return isOpenerShown || Boolean(text) || Boolean(questions?.length);
}

function turnOpener(on) {
  isOpenerShown = on;
  if (!on) write({ opening_statement: "", suggested_questions: [] });
  show();
}

function opener() {
  const questions = features().suggested_questions ?? [];
  const set = (next, key) => write({ suggested_questions: next }, key);
  const now = () => features().suggested_questions ?? [];
  const row = (question, place) => h("div", { className: "line" },
    input({ value: question, maxLength: 300, "aria-label": t("Question {number}", { number: place + 1 }), "data-key": `question-${place}`, oninput: ({ target }) => set(now().map((one, at) => (at === place ? target.value : one)), `question-${place}`) }),
    questions.length > 1 ? moveButtons(t("question {number}", { number: place + 1 }), place, questions.length - 1, (from, to) => set(movedTo(now(), from, to)), `question-${place}`) : null,
    iconButton(t("Remove question {number}", { number: place + 1 }), "x", () => set(now().filter((_, at) => at !== place)), { "data-key": `question-${place}-remove` }));
  const add = () => {
    set([...now(), ""]);
    host.querySelector(`[data-key="question-${questions.length}"]`)?.focus();
  };
  return [
    field(t("What it says first"), h("textarea", { className: "input", rows: 3, maxLength: 4000, value: features().opening_statement ?? "", "data-key": "opening", oninput: ({ target }) => write({ opening_statement: target.value }, "opening") })),
    h("div", { className: "field", role: "group", "aria-label": t("Questions it offers") }, h("span", { className: "field-label" }, t("Questions it offers")), questions.map(row),
      h("div", {}, h("button", { className: "btn small", type: "button", disabled: questions.length >= MOST_QUESTIONS, "data-key": "add-question", onclick: add }, icon("plus"), t("Add question")))),
  ];
}

function hasFiles() {
  const { enabled, image } = features().file_upload ?? {};
  return enabled === true || image?.enabled === true;
}

// Older files have pictures alone, under a key of their own: it is kept in step.
function turnFiles(on) {
  const { image, ...before } = features().file_upload ?? {};
  change("file_upload", {
    allowed_file_types: ["image"], allowed_file_upload_methods: ["local_file", "remote_url"], number_limits: 3, ...before, enabled: on,
    ...(image ? { image: { ...image, enabled: on && (before.allowed_file_types ?? ["image"]).includes("image") } } : {}),
  });
}

function files() {
  const given = features().file_upload ?? {};
  const types = given.allowed_file_types ?? ["image"];
  const ways = given.allowed_file_upload_methods ?? given.image?.transfer_methods ?? WAYS.map(([key]) => key);
  const boxes = (label, options, chosen, store) => h("div", { className: "field", role: "group", "aria-label": label }, h("span", { className: "field-label" }, label), h("div", { className: "row" }, options.map(([key, text]) => h("label", { className: "check row tight" },
    h("input", { type: "checkbox", checked: chosen.includes(key), "data-key": `file-${key}`, onchange: ({ target }) => store(target.checked ? [...chosen, key] : chosen.filter((one) => one !== key)) }), text))));
  const count = ({ target }) => change("file_upload", { number_limits: Math.min(MOST_FILES, Math.max(1, Math.round(Number(target.value) || 1))) });
  return [
    boxes(t("Kinds of files"), FILE_TYPES, types, (next) => change("file_upload", { allowed_file_types: next, ...(given.image ? { image: { ...given.image, enabled: next.includes("image") } } : {}) })),
    boxes(t("How they come"), WAYS, ways, (next) => change("file_upload", { allowed_file_upload_methods: next })),
    field(t("Files at a time"), input({ type: "number", min: 1, max: MOST_FILES, value: given.number_limits ?? given.image?.number_limits ?? 3, "data-key": "number_limits", onchange: count })),
  ];
}

function speech() {
  const { voice = "", autoPlay } = features().text_to_speech ?? {};
  const voices = [["", t("The model's own")], ...page.voices.map(({ key, label }) => [key, label])];
  return [
    field(t("Voice"), select(voices, voice ?? "", { "data-key": "voice", onchange: ({ target }) => change("text_to_speech", { voice: target.value }) })),
    switchField(t("Read answers out by themselves"), autoPlay === "enabled", (on) => change("text_to_speech", { autoPlay: on ? "enabled" : "disabled" }), { "data-key": "autoplay" }),
  ];
}

function card({ key, sign, label, text, lacks, isOn = () => features()[key]?.enabled === true, turn = (on) => change(key, { enabled: on }), settings }) {
  const on = isOn();
  const head = switchField(label, on, turn, { "data-key": `feature-${key}`, disabled: Boolean(lacks) && !on, "aria-describedby": `feature-${key}` });
  const parts = on ? settings?.() ?? [] : [];
  return h("li", { className: "feature" }, h("span", { className: "feature-icon" }, icon(sign)), h("div", { className: "feature-head" }, head, h("p", { className: "muted", id: `feature-${key}` }, text)),
    lacks ? help(lacks) : null, parts.length ? h("div", { className: "feature-settings" }, parts) : null);
}

const show = () => redraw(host, FEATURES.filter(({ isBoth }) => isBoth || IS_CHAT).map(card));

export function mountFeaturesDrawer() {
  host = h("ul", { className: "flow-features" });
  const button = h("button", { className: "btn ghost", type: "button", id: "show-features", "aria-label": t("Features"), "aria-pressed": "false", onclick: () => {
    if (dock.key === KEY) return dock.close();
    show();
    dock.open({ key: KEY, label: t("Features"), focus: true, head: [h("h2", {}, t("Features"))], content: [host], onclose: () => button.setAttribute("aria-pressed", "false") });
    button.setAttribute("aria-pressed", "true");
  } }, icon("sparkles"), h("span", { className: "wide-only" }, t("Features")));
  draft.addEventListener("change", ({ detail }) => dock.key === KEY && detail.source !== TYPING && show());
  document.getElementById("views").append(button);
}

// The instructions: one text in basic mode, messages or one long text in expert mode.
import { confirm } from "@/core/dialogs.js";
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { PromptEditor } from "@/prompt/editor.js";
import { draft } from "@/prompt/draft.js";
import { field, iconButton, input, moveButtons, moved, redraw, select } from "@/prompt/fields.js";
import { addField, isExpert, namesOf, plainField, unknownNames } from "@/prompt/names.js";
import { isChat, modeOf, page } from "@/prompt/page.js";
import { ask } from "@/prompt/server.js";
import { newVariable } from "@/prompt/variable-dialog.js";

const BLOCKS = { context: t("Context"), query: t("Question"), histories: t("Conversation so far") };
const ROLES = () => [["system", t("System")], ["user", t("User")], ["assistant", t("Assistant")]];
const CJK = /[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\u{20000}-\u{3ffff}]/gu;
const host = document.getElementById("prompt");
const hints = document.getElementById("prompt-hints");
const counter = document.getElementById("prompt-count");
const tools = document.getElementById("prompt-tools");
let editors = [];
let shape = null;

// As the server estimates them.
function tokens(text) {
  const characters = [...text].length;
  const wide = (text.match(CJK) ?? []).length;
  return Math.ceil((44 * wide + 10 * (characters - wide)) / 40);
}

function textsOf(config) {
  if (!isExpert(config)) return [config.pre_prompt ?? ""];
  if (modeOf(config) === "completion") return [config.completion_prompt_config?.prompt?.text ?? ""];
  return (config.chat_prompt_config?.prompt ?? []).map(({ text }) => text ?? "");
}

function offeredBlocks(config) {
  if (!isExpert(config)) return [];
  return isChat && modeOf(config) === "completion" ? ["context", "query", "histories"] : ["context"];
}

const offer = {
  names: () => namesOf(draft.config),
  given: (name) => name === "pre_prompt" || (!isChat && name === "query"),
  blocks: () => {
    const written = textsOf(draft.config).join("\n");
    return offeredBlocks(draft.config).filter((name) => !written.includes(`{{#${name}#}}`)).map((name) => [name, BLOCKS[name]]);
  },
  create: async (typed) => {
    if (!typed || namesOf(draft.config).includes(typed)) return newVariable(typed);
    draft.change((config) => addField(config, plainField(typed)));
    return typed;
  },
};

function editorFor(text, label, hint, write) {
  const box = h("div", { className: "prompt-box" });
  const place = editors.length;
  editors.push(new PromptEditor(box, {
    value: text, label, hint, offer,
    onchange: (value) => draft.change((config) => write(config, value), { key: `prompt-${place}`, source: host }),
  }));
  return box;
}

function basic(config) {
  const hint = t("Tell the model its task, its tone, its limits. Type { or / to put in a variable.");
  return [editorFor(config.pre_prompt ?? "", t("Instructions"), hint, (next, value) => { next.pre_prompt = value; })];
}

const blocksOf = (config) => ((config.chat_prompt_config ??= {}).prompt ??= []);

function message(block, place, count) {
  const role = block.role ?? "user";
  const name = t("message {number}", { number: place + 1 });
  const head = h("div", { className: "row tight message-head" },
    select(ROLES(), role, { "aria-label": t("Role of {name}", { name }), "data-key": `role-${place}`, onchange: ({ target }) => draft.change((config) => { blocksOf(config)[place].role = target.value; }) }),
    h("span", { className: "grow" }),
    moveButtons(name, place, count - 1, (from, to) => draft.change((config) => moved(blocksOf(config), from, to)), `message-${place}`),
    iconButton(t("Remove {name}", { name }), "trash-2", () => removeMessage(place), { "data-key": `message-${place}-remove` }));
  const write = (config, value) => { blocksOf(config)[place].text = value; };
  return h("div", { className: "message" }, head, editorFor(block.text ?? "", t("Text of {name}", { name }), t("Type { or / to put in variables and blocks."), write));
}

function removeMessage(place) {
  draft.change((config) => blocksOf(config).splice(place, 1));
  toast(t("The message was removed."), "ok", { undo: () => draft.undo() });
}

function addMessage() {
  draft.change((config) => {
    const blocks = blocksOf(config);
    blocks.push({ role: blocks.length && blocks.at(-1).role !== "assistant" ? "assistant" : "user", text: "" });
  });
  editors.at(-1)?.view.focus();
}

function messages(config) {
  const blocks = config.chat_prompt_config?.prompt ?? [];
  const add = h("button", { className: "btn", type: "button", disabled: blocks.length >= page.limits.blocks, onclick: addMessage, "data-key": "add-message" }, icon("plus"), t("Add message"));
  return [...blocks.map((block, place) => message(block, place, blocks.length)), h("div", { className: "row tight" }, add, blocks.length ? null : template())];
}

const completionOf = (config) => (config.completion_prompt_config ??= { prompt: { text: "" }, conversation_histories_role: { user_prefix: "Human", assistant_prefix: "Assistant" } });

function completion(config) {
  const text = config.completion_prompt_config?.prompt?.text ?? "";
  const write = (next, value) => { (completionOf(next).prompt ??= {}).text = value; };
  const editor = editorFor(text, t("Prompt"), t("This model goes on with one text. Type { or / to put in variables and blocks."), write);
  return [editor, text ? null : template(), isChat ? prefixes(config) : null];
}

function prefixes(config) {
  const roles = config.completion_prompt_config?.conversation_histories_role ?? {};
  const prefix = (key, label, fallback) => field(label, input({
    value: roles[key] ?? fallback, maxLength: 50, "data-key": key,
    oninput: ({ target }) => draft.change((next) => { (completionOf(next).conversation_histories_role ??= {})[key] = target.value; }, { key, source: host }),
  }));
  return h("div", { className: "pair" }, prefix("user_prefix", t("The user speaks as"), "Human"), prefix("assistant_prefix", t("The model speaks as"), "Assistant"));
}

const template = () => h("button", { className: "btn", type: "button", onclick: () => begin(false) }, icon("file-text"), t("Begin with the template"));

async function begin(isSwitch) {
  try {
    const fields = await ask(page.urls.expert, { config: draft.config });
    draft.change((config) => Object.assign(config, fields));
    if (isSwitch) toast(t("This is expert mode now."), "ok", { undo: () => draft.undo() });
  } catch (error) {
    toast(error.message, "bad");
  }
}

async function toExpert() {
  const question = t("In expert mode you write every message the model gets. Once it is published so, there is no way back to basic mode, and automatic design is not available. Switch?");
  if (await confirm(question, { action: t("Switch to expert mode") })) await begin(true);
}

// What has to be drawn anew when it changes; texts alone are handed to their editors.
const shapeOf = (config) => JSON.stringify([
  isExpert(config), isExpert(config) && modeOf(config), isExpert(config) && (config.chat_prompt_config?.prompt ?? []).map(({ role }) => role),
  config.completion_prompt_config?.conversation_histories_role, isExpert(config) && !textsOf(config).join(""),
]);

function draw(config) {
  for (const editor of editors) editor.destroy();
  editors = [];
  const parts = !isExpert(config) ? basic(config) : modeOf(config) === "completion" ? completion(config) : messages(config);
  redraw(host, parts);
}

function showHints(config) {
  const unknown = unknownNames(config);
  const add = (names) => draft.change((next) => names.forEach((name) => addField(next, plainField(name))));
  redraw(hints, unknown.map((name) => h("div", { className: "notice warn hint" }, icon("variable"),
    h("span", { className: "grow" }, t("Add {name} to the form?", { name: `{{${name}}}` })),
    h("button", { className: "btn", type: "button", "data-key": `add-${name}`, "aria-label": t("Add {name} to the form", { name }), onclick: () => add([name]) }, icon("plus"), t("Add")))),
  unknown.length > 1 ? h("button", { className: "btn", type: "button", onclick: () => add(unknown) }, t("Add all {count}", { count: unknown.length })) : null);
}

function showTools(config) {
  const variable = h("button", { className: "btn ghost", type: "button", "data-key": "insert", onclick: insertMenu }, icon("variable"), t("Insert"));
  const switcher = h("button", { className: "btn ghost", type: "button", "data-key": "expert", onclick: toExpert }, icon("terminal"), t("Expert mode"));
  redraw(tools, isExpert(config) ? h("span", { className: "chip accent" }, t("Expert mode")) : switcher, variable);
}

// The same as typing "{" where the cursor stands.
function insertMenu() {
  const editor = editors.find(({ view }) => view.hasFocus) ?? editors[0];
  if (!editor) return;
  const { view } = editor;
  const { to } = view.state.selection.main;
  view.focus();
  view.dispatch({ changes: { from: to, insert: "{" }, selection: { anchor: to + 1 }, userEvent: "input.type" });
}

function show({ source } = {}) {
  const { config } = draft;
  const next = shapeOf(config);
  if (next !== shape && (source !== host || isOtherShape(next))) draw(config);
  shape = next;
  if (source !== host) textsOf(config).forEach((text, place) => { if (editors[place]) editors[place].value = text; });
  editors.forEach((editor) => editor.showNames());
  const written = textsOf(config).join("");
  counter.textContent = t("{characters} characters, about {tokens} tokens", { characters: [...written].length, tokens: tokens(written) });
  showHints(config);
  showTools(config);
}

// While somebody types into a box it stays: neither names of speakers nor emptiness are a reason to draw it anew.
const isOtherShape = (next) => JSON.stringify(JSON.parse(next).slice(0, 3)) !== JSON.stringify(JSON.parse(shape).slice(0, 3));

export function mountPrompt() {
  draft.addEventListener("change", ({ detail }) => show(detail));
  show();
}

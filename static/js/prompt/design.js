// Automatic design: somebody says what the app is for, the model proposes, both stand side by side before it is taken.
import { openDialog } from "@/core/dialogs.js";
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { field, redraw } from "@/prompt/fields.js";
import { fieldsOf, isExpert } from "@/prompt/names.js";
import { isChat, page } from "@/prompt/page.js";
import { ask } from "@/prompt/server.js";

const button = document.getElementById("design-button");
const EXAMPLES = [t("Answers questions of our guests about the hotel, kindly and briefly"), t("Turns meeting notes into minutes with decisions and tasks"), t("Interviews applicants for a given job, one question at a time")];
let last = "";

function open() {
  const text = h("textarea", { className: "input", rows: 4, maxLength: 4000, required: true, value: last, placeholder: EXAMPLES[0], oninput: ({ target }) => { last = target.value; } });
  const result = h("div", { className: "stack", "aria-live": "polite" });
  const send = h("button", { className: "btn primary" }, icon("wand-sparkles"), t("Propose"));
  const examples = h("div", { className: "row tight" }, EXAMPLES.map((example) => h("button", { className: "btn example", type: "button", onclick: () => { text.value = last = example; text.focus(); } }, example)));
  const form = h("form", { onsubmit: async (event) => {
    event.preventDefault();
    send.disabled = true;
    redraw(result, h("p", { className: "muted" }, t("The model is writing …")), h("div", { className: "skeleton proposal-skeleton" }));
    redraw(result, await propose(text.value, () => dialog.close()));
    send.disabled = false;
    result.querySelector("[data-apply]")?.focus();
  } }, h("h2", {}, t("Automatic design")), field(t("What shall the app do?"), text), examples, h("div", { className: "row end" }, send), result);
  const dialog = openDialog(form, { label: t("Automatic design"), wide: true });
  text.focus();
}

async function propose(instruction, close) {
  try {
    await draft.save();
    return comparison(await ask(page.urls.design, { instruction }), close);
  } catch (error) {
    return h("div", { className: "notice bad", role: "alert" }, icon("circle-alert"), h("span", {}, error.message));
  }
}

function comparison(proposal, close) {
  const now = draft.config;
  const rows = [[t("Instructions"), now.pre_prompt, proposal.pre_prompt], [t("Variables"), names(now), names(proposal)]];
  if (isChat) rows.push([t("Opener"), now.opening_statement, proposal.opening_statement]);
  const take = () => {
    draft.change((config) => Object.assign(config, proposal));
    close();
    toast(t("The design was taken over."), "ok", { undo: () => draft.undo() });
  };
  return [
    h("div", { className: "comparison" }, rows.flatMap(([label, before, after]) => [h("h3", {}, label), h("div", { className: "sides" }, side(t("Now"), before), side(t("Proposed"), after))])),
    h("div", { className: "row end" }, h("button", { className: "btn", type: "button", "data-close": "" }, t("Cancel")), h("button", { className: "btn primary", type: "button", "data-apply": "", onclick: take }, icon("check"), t("Take it over"))),
  ];
}

const names = (config) => fieldsOf(config).map(({ variable }) => variable).join(", ");

const side = (label, text) => h("div", { className: "side-text" }, h("p", { className: "over" }, label), h("p", { className: text ? "pre" : "muted" }, text || t("Empty")));

export function mountDesign() {
  button.addEventListener("click", open);
  const show = () => { button.hidden = isExpert(draft.config); };
  draft.addEventListener("change", show);
  show();
}

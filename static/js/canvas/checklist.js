// What keeps the flow from being published, and what to look at before it is.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { typeOf } from "@/canvas/catalogue.js";
import { nodeOf } from "@/canvas/graph.js";
import { sheetButton } from "@/canvas/sheets.js";
import { signals } from "@/canvas/signals.js";
import { draft } from "@/prompt/draft.js";

const all = () => [...draft.problems.map((one) => ({ ...one, isBad: true })), ...draft.checklist.map((one) => ({ ...one, isBad: false }))];

// What is said about one node: {isBad, text}; null for nothing.
export function problemsOf(id) {
  const mine = all().filter(({ field }) => field === id);
  return mine.length ? { isBad: mine.some(({ isBad }) => isBad), text: mine.map(({ message }) => message).join(" ") } : null;
}

function row(problem, close) {
  const node = nodeOf(problem.field); // none where it is about the whole
  const open = () => {
    close();
    signals.goTo(node.id);
    signals.open(node.id);
  };
  const sign = node ? h("span", { className: `node-sign ${typeOf(node).family}` }, icon(typeOf(node).icon)) : h("span", { className: "node-sign" }, icon("workflow"));
  const text = [sign, h("span", { className: "grow" }, problem.message)];
  return h("li", {}, node ? h("button", { type: "button", className: "step", onclick: open }, text, icon("chevron-right")) : h("div", { className: "step" }, text));
}

function section(title, isBad, problems, close) {
  if (!problems.length) return [];
  return [h("h3", { className: `section ${isBad ? "bad" : "warn"}` }, icon(isBad ? "circle-alert" : "triangle-alert"), title), h("ul", {}, problems.map((one) => row(one, close)))];
}

function fill(close) {
  const found = all();
  if (!found.length) return [h("p", { className: "notice ok" }, icon("circle-check"), h("span", {}, t("Nothing to do: the flow can be published.")))];
  return [
    ...section(t("Before it can be published"), true, found.filter(({ isBad }) => isBad), close),
    ...section(t("Worth a look"), false, found.filter(({ isBad }) => !isBad), close),
  ];
}

export function mountChecklist() {
  const { button, sheet, count, refresh } = sheetButton({ id: "checklist", label: t("Checklist"), iconName: "list-checks", fill: () => fill(() => sheet.hidePopover()), wide: true });
  const said = h("span", { className: "sr-only", role: "status" });
  const show = () => {
    const [bad, advice] = [draft.problems.length, draft.checklist.length];
    const text = bad + advice ? t("Checklist: {bad} to do before publishing, {advice} worth a look", { bad, advice }) : t("Checklist: nothing to do");
    count.textContent = bad + advice;
    count.hidden = !(bad + advice);
    count.className = `count-sign ${bad ? "bad" : "warn"}`;
    button.setAttribute("aria-label", text);
    button.title = text;
    if (said.textContent !== text) said.textContent = text;
    refresh();
  };
  document.getElementById("views").append(button, said);
  draft.addEventListener("problems", show);
  show();
}

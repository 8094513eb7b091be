// What keeps the flow from being published, and what to look at before it is.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { typeOf } from "@/canvas/catalogue.js";
import { nodeOf } from "@/canvas/graph.js";
import { sheetButton } from "@/canvas/sheets.js";
import { signals } from "@/canvas/signals.js";
import { draft } from "@/prompt/draft.js";

const all = () => [...draft.problems.map((one) => ({ ...one, isBad: true })), ...draft.checklist.map((one) => ({ ...one, isBad: false }))];

// The node a problem is about, by its id or by a path that names it; none where it is about the whole.
export const nodeOfProblem = ({ field = "" }) => nodeOf(field) ?? null;

// Of one node: "bad", "warn" or "".
export function signOf(id) {
  const mine = all().filter(({ field }) => field === id);
  if (!mine.length) return "";
  return mine.some(({ isBad }) => isBad) ? "bad" : "warn";
}

export const textsOf = (id) => all().filter(({ field }) => field === id).map(({ message }) => message);

function row(problem, close) {
  const node = nodeOfProblem(problem);
  const open = () => {
    close();
    signals.goTo(node.id);
    signals.open(node.id);
  };
  const sign = node ? h("span", { className: `node-sign ${typeOf(node).family}` }, icon(typeOf(node).icon)) : h("span", { className: "node-sign" }, icon("workflow"));
  const text = [sign, h("span", { className: "grow" }, problem.message)];
  return h("li", {}, node ? h("button", { type: "button", className: "step", onclick: open }, text, icon("chevron-right")) : h("div", { className: "step" }, text));
}

function section(title, kind, problems, close) {
  if (!problems.length) return [];
  const isBad = kind === "bad";
  return [h("h3", { className: `section ${kind}` }, icon(isBad ? "circle-alert" : "triangle-alert"), title), h("ul", {}, problems.map((one) => row(one, close)))];
}

function fill(close) {
  const found = all();
  if (!found.length) return [h("p", { className: "notice ok" }, icon("circle-check"), h("span", {}, t("Nothing to do: the flow can be published.")))];
  return [
    ...section(t("Before it can be published"), "bad", found.filter(({ isBad }) => isBad), close),
    ...section(t("Worth a look"), "warn", found.filter(({ isBad }) => !isBad), close),
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

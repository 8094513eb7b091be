// The knowledge an app reads: cards of bases. Its dialogs are loaded when they are asked for.
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { field, iconButton, redraw, select } from "@/prompt/fields.js";
import { fieldsOf } from "@/prompt/names.js";
import { isChat } from "@/prompt/page.js";
import { ask } from "@/prompt/server.js";

const section = document.getElementById("knowledge");
const host = section.querySelector("[data-cards]");
const known = new Map(); // id to the base, null where it is not there for this person
let isLoading = false;

// Also of apps from before `dataset_configs`, which name their knowledge among the agent's tools.
export function basesOf(config) {
  const entries = [...(config.dataset_configs?.datasets?.datasets ?? []), ...(config.agent_mode?.tools ?? [])];
  return [...new Set(entries.map((entry) => entry?.dataset).filter((base) => base?.id && base.enabled !== false).map(({ id }) => id))];
}

function setBases(config, ids) {
  const settings = (config.dataset_configs ??= {});
  settings.datasets = { strategy: "router", ...settings.datasets, datasets: ids.map((id) => ({ dataset: { enabled: true, id } })) };
  settings.retrieval_model ??= "multiple";
  if (config.agent_mode?.tools) config.agent_mode.tools = config.agent_mode.tools.filter((tool) => !tool?.dataset);
}

async function learn() {
  const missing = basesOf(draft.config).filter((id) => !known.has(id));
  if (!missing.length || isLoading) return;
  isLoading = true;
  try {
    const { items } = await ask(`${section.dataset.picker}?ids=${missing.join(",")}`);
    for (const id of missing) known.set(id, items.find((item) => item.id === id) ?? null);
  } catch (error) {
    toast(error.message, "bad");
  } finally {
    isLoading = false;
  }
  show();
}

function remove(id) {
  draft.change((config) => setBases(config, basesOf(config).filter((one) => one !== id)));
  toast(t("{name} was taken out.", { name: known.get(id)?.name ?? t("The knowledge base") }), "ok", { undo: () => draft.undo() });
}

function card(id) {
  const base = known.get(id);
  const isMissing = known.has(id) && !base;
  const name = base?.name ?? (isMissing ? t("Not available") : t("Loading …"));
  const facts = isMissing ? t("Deleted, or not shared with you.") : base ? t("{documents} documents, {words} characters", { documents: base.documents, words: base.words.toLocaleString() }) : "";
  return h("li", { className: isMissing ? "base-card missing" : "base-card" }, icon("library"),
    h("div", { className: "grow" }, h("p", { className: "clip base-name" }, name), h("p", { className: "muted clip" }, facts)),
    base?.technique === "economy" ? h("span", { className: "chip" }, t("Keywords")) : null,
    iconButton(t("Take out {name}", { name }), "x", () => remove(id), { "data-key": `base-${id}` }));
}

// A text generator's question for the search comes from one of its fields.
function querySelect(config) {
  const fields = fieldsOf(config).filter(({ kind }) => ["text-input", "paragraph", "select"].includes(kind));
  const options = [["", t("The question sent with the form")], ...fields.map(({ variable, label }) => [variable, label || variable])];
  return field(t("Search for"), select(options, config.dataset_query_variable ?? "", { "data-key": "query-variable", onchange: ({ target }) => draft.change((next) => { next.dataset_query_variable = target.value; }) }), t("The field whose text is looked up in the knowledge."));
}

function show() {
  const { config } = draft;
  const ids = basesOf(config);
  section.querySelector("[data-settings]").hidden = !ids.length;
  redraw(host, ids.length ? h("ul", { className: "base-cards" }, ids.map(card)) : h("p", { className: "muted" }, t("The app answers from what the model knows. Add a knowledge base, and passages that fit the question go along with it.")),
    ids.length && !isChat ? querySelect(config) : null);
  learn();
}

async function choose() {
  const { chooseBases } = await import("@/prompt/knowledge-picker.js");
  const chosen = await chooseBases(section.dataset.picker, basesOf(draft.config));
  if (!chosen) return;
  for (const base of chosen.bases) known.set(base.id, base);
  draft.change((config) => setBases(config, chosen.ids));
}

async function settle() {
  const { openRetrieval } = await import("@/prompt/retrieval.js");
  openRetrieval(basesOf(draft.config).map((id) => known.get(id)).filter(Boolean));
}

const shown = (open) => () => open().catch((error) => toast(error.message, "bad"));

export function mountKnowledge() {
  section.querySelector("[data-add]").addEventListener("click", shown(choose));
  section.querySelector("[data-settings]").addEventListener("click", shown(settle));
  draft.addEventListener("change", show);
  show();
}

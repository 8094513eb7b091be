// How passages are found: which bases are asked, how many passages, in which order, of which documents.
import { openDialog } from "@/core/dialogs.js";
import { h } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { field, range, redraw, select, switchField } from "@/prompt/fields.js";
import { filters } from "@/prompt/filters.js";
import { page } from "@/prompt/page.js";
import { problemsAt } from "@/prompt/problems.js";

const { limits } = page;
const EVEN = 0.7; // the usual share of vectors

const settingsOf = (config) => config.dataset_configs ?? {};

// The change of a slider or box that is still in use: the dialog is not drawn anew under the hand.
const INPUT = {};

// `key` is for what is written bit by bit.
function write(recipe, key = null) {
  draft.change((config) => recipe((config.dataset_configs ??= {})), { key, source: key && INPUT });
}

export function openRetrieval(bases) {
  const host = h("div", { className: "stack" });
  const show = ({ detail } = {}) => detail?.source !== INPUT && redraw(host, parts(bases));
  show();
  const dialog = openDialog(host, { label: t("How knowledge is searched") });
  draft.addEventListener("change", show);
  draft.addEventListener("problems", show);
  dialog.addEventListener("close", () => {
    draft.removeEventListener("change", show);
    draft.removeEventListener("problems", show);
  });
}

function parts(bases) {
  const settings = settingsOf(draft.config);
  const isSingle = settings.retrieval_model === "single";
  return [
    h("h2", {}, t("How knowledge is searched")),
    choices(t("Which bases are asked"), "retrieval_model", isSingle ? "single" : "multiple", [
      ["multiple", t("All of them"), t("Each is searched, the best passages of all are used.")],
      ["single", t("One, chosen by the model"), t("The model picks the base by its name and description, then that is searched.")],
    ]),
    topK(settings), threshold(settings),
    isSingle ? null : ordering(settings),
    ...filters(settings, bases, write),
    h("div", { className: "row end" }, h("button", { className: "btn primary", type: "button", "data-close": "" }, t("Done"))),
  ];
}

function choices(label, key, value, options) {
  return h("fieldset", { className: "plain" }, h("legend", { className: "legend" }, label), options.map(([word, title, text]) => h("label", { className: "choice-card" },
    h("input", { type: "radio", name: key, checked: word === value, "data-key": `${key}-${word}`, onchange: () => write((settings) => { settings[key] = word; }) }),
    h("strong", {}, title), h("p", {}, text))));
}

function labelled(label, control, path, help) {
  return h("div", { className: "field" }, h("span", { className: "field-label" }, label), control, help && h("p", { className: "help" }, help), problemsAt(path));
}

function topK(settings) {
  const value = settings.top_k ?? limits.default_top_k;
  const bounds = { minimum: 1, maximum: limits.top_k, step: 1, value, key: "top_k" };
  const slider = range(t("Most passages"), bounds, (number) => write((next) => { next.top_k = number; }, "top_k"));
  return labelled(t("Most passages"), slider, "dataset_configs.top_k", t("Two to five are usual. Fewer are used where the model's window is small."));
}

function threshold(settings) {
  const isOn = Boolean(settings.score_threshold_enabled);
  const toggle = switchField(t("Only passages that fit well"), isOn, (on) => write((next) => {
    next.score_threshold_enabled = on;
    if (on) next.score_threshold ??= limits.default_threshold;
  }), { "data-key": "threshold" });
  if (!isOn) return toggle;
  const bounds = { minimum: 0, maximum: 1, step: 0.01, value: settings.score_threshold ?? limits.default_threshold, key: "score_threshold" };
  const slider = range(t("Least score"), bounds, (number) => write((next) => { next.score_threshold = number; }, "score_threshold"));
  return h("div", { className: "stack" }, toggle, labelled(t("Least score"), slider, "dataset_configs.score_threshold", t("Passages below it are left out.")));
}

function orderOf(settings) {
  if (settings.reranking_mode === "weighted_score") return "weights";
  const model = settings.reranking_model ?? {};
  return settings.reranking_enable !== false && model.reranking_model_name ? "model" : "none";
}

function setOrder(order) {
  write((next) => {
    next.reranking_enable = order === "model";
    next.reranking_mode = order === "weights" ? "weighted_score" : "reranking_model";
    if (order === "weights") setWeights(next, next.weights?.vector_setting?.vector_weight ?? EVEN);
    if (order === "model" && !next.reranking_model?.reranking_model_name) setModel(next, page.rerank[0]);
  });
}

function setWeights(settings, share) {
  const weights = (settings.weights ??= { weight_type: "customized" });
  weights.vector_setting = { ...weights.vector_setting, vector_weight: share };
  weights.keyword_setting = { ...weights.keyword_setting, keyword_weight: Number((1 - share).toFixed(2)) };
}

function setModel(settings, model) {
  settings.reranking_model = { reranking_provider_name: model.provider, reranking_model_name: model.name };
}

function ordering(settings) {
  const order = orderOf(settings);
  const options = [["none", t("As each base orders them")], ["weights", t("By meaning and words, weighed")]];
  if (page.rerank.length || order === "model") options.push(["model", t("By a rerank model")]);
  const choice = field(t("Order of the passages"), select(options, order, { "data-key": "order", onchange: ({ target }) => setOrder(target.value) }), page.rerank.length ? null : t("With a rerank model, set up under Models, passages can be put in order by it."));
  return h("div", { className: "stack" }, choice, order === "model" ? rerank(settings) : order === "weights" ? weights(settings) : null);
}

function rerank({ reranking_model: { reranking_provider_name: provider, reranking_model_name: name } }) {
  const key = (model) => `${model.provider}/${model.name}`;
  const options = page.rerank.map((model) => [key(model), `${model.label} · ${model.provider_label}`]);
  const change = ({ target }) => write((next) => setModel(next, page.rerank.find((model) => key(model) === target.value)));
  return field(t("Rerank model"), select(options, `${provider.split("/").at(-1)}/${name}`, { "data-key": "rerank", onchange: change }));
}

function weights(settings) {
  const share = settings.weights?.vector_setting?.vector_weight ?? EVEN;
  const slider = range(t("Share of meaning"), { minimum: 0, maximum: 1, step: 0.05, value: share, key: "weights" }, (number) => write((next) => setWeights(next, number), "weights"));
  return labelled(t("Share of meaning"), slider, "dataset_configs.weights", t("1: only what is meant counts, 0: only the words."));
}

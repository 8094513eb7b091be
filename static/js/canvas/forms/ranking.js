// How found passages are put in order: by a model, or by weights.
import { t } from "@/core/words.js";
import { h } from "@/core/dom.js";
import { range, select } from "@/prompt/fields.js";
import { page } from "@/prompt/page.js";

const EVEN = 0.7; // the usual share of vectors
const keyOf = ({ provider, name }) => `${provider}/${name}`;

export function rerank(slot) {
  const provider = slot.value?.provider ?? slot.value?.reranking_provider_name ?? "";
  const name = slot.value?.model ?? slot.value?.reranking_model_name ?? "";
  if (!page.rerank.length && !name) return h("p", { className: "help" }, t("Without a rerank model, set up under Models, passages stay in the order they are found in."));
  const options = [["", t("Choose …")], ...page.rerank.map((model) => [keyOf(model), `${model.label} · ${model.provider_label}`])];
  const value = name ? keyOf({ provider: provider.split("/").at(-1), name }) : "";
  const store = ({ target }) => {
    const model = page.rerank.find((one) => keyOf(one) === target.value);
    if (model) slot.set({ provider: model.provider, model: model.name });
  };
  return slot.labelled(select(options, value, { onchange: store }));
}

export function weights(slot) {
  const share = slot.value?.vector_setting?.vector_weight ?? EVEN;
  const store = (number) => slot.set({
    weight_type: "customized", ...slot.value, vector_setting: { ...slot.value?.vector_setting, vector_weight: number },
    keyword_setting: { ...slot.value?.keyword_setting, keyword_weight: Number((1 - number).toFixed(2)) },
  }, { isTyping: true });
  return slot.group(range(slot.label, { minimum: 0, maximum: 1, step: 0.05, value: share, key: slot.key }, store), { help: t("1: only what is meant counts, 0: only the words.") });
}

// What is sent to the model beside the prompt: each parameter can be set or left to the model.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { iconButton, input, range, select, switchField } from "@/prompt/fields.js";
import { modelOf, page } from "@/prompt/page.js";
import { problemsAt } from "@/prompt/problems.js";

const PRESETS = [["creative", t("Creative"), "sparkles"], ["balanced", t("Balanced"), "sliders-horizontal"], ["precise", t("Precise"), "target"]];
const HELP = {
  temperature: t("Higher: more varied. Lower: more alike each time."),
  top_p: t("Only the likeliest words up to this share are considered."),
  presence_penalty: t("Higher: new topics rather than ones named before."),
  frequency_penalty: t("Higher: fewer repeated words."),
  max_tokens: t("The longest answer, in tokens."),
  seed: t("The same seed gives similar answers each time."),
  response_format: t("The form of the answer."),
};

const rulesOf = (model) => page.rules[model.rules];

// Where the parameters stand: `holder()` has them in its `model`; `write(recipe, key, isTyping)` changes a copy of them.
const OF_APP = {
  path: "model.completion_params",
  holder: () => draft.config,
  write(recipe, key, isTyping) {
    draft.change((config) => recipe(((config.model ??= {}).completion_params ??= {})), { key, source: isTyping ? document.querySelector("[data-parameters]") : null });
  },
};
const given = (place) => place.holder().model?.completion_params ?? {};

// The parameters as far as another model has them, within its bounds.
export function clampTo(model, params) {
  const kept = model.takes_stop && params.stop ? { stop: params.stop } : {};
  for (const { name, type, minimum, maximum, options } of rulesOf(model)) {
    const value = params[name];
    if (value == null || (options.length && !options.includes(value))) continue;
    kept[name] = type === "float" || type === "int" ? Math.min(maximum ?? value, Math.max(minimum ?? value, value)) : value;
  }
  return kept;
}

const isPreset = (values, place) => Object.entries(values).every(([name, value]) => given(place)[name] === value);

function presets(model, place) {
  const sets = page.presets[model.presets];
  if (!Object.keys(sets.balanced).length) return null; // the model has none of their parameters
  return h("div", { className: "segmented presets", role: "group", "aria-label": t("Presets") }, PRESETS.map(([key, label, name]) => h("button", {
    type: "button", "aria-pressed": String(isPreset(sets[key], place)), "data-key": `preset-${key}`, onclick: () => place.write((params) => Object.assign(params, sets[key])),
  }, icon(name), label)));
}

function fallback({ type, minimum, default: usual, options, name }) {
  if (name === "max_tokens") return 1024;
  if (usual != null) return usual;
  if (type === "boolean") return true;
  if (type === "string") return options[0] ?? "";
  return minimum ?? 0;
}

function control(rule, value, place) {
  const { name, label, type, minimum, maximum, options } = rule;
  const set = (next) => place.write((params) => { params[name] = next; }, `parameter-${name}`, true);
  const key = `parameter-${name}`;
  if (type === "boolean") return switchField(label, value === true, set, { "data-key": key });
  if (options.length) return select(options.map((one) => [one, one]), value, { "aria-label": label, "data-key": key, onchange: ({ target }) => set(target.value) });
  if (type === "string") return input({ value, "aria-label": label, "data-key": key, onchange: ({ target }) => set(target.value) });
  const step = type === "int" ? 1 : 0.1;
  if (minimum != null && maximum != null) return range(label, { minimum, maximum, step: maximum - minimum <= 1 ? 0.05 : step, value, key }, set);
  return input({ type: "number", min: minimum, max: maximum, step, value, "aria-label": label, "data-key": key, onchange: ({ target }) => target.value !== "" && set(Number(target.value)) });
}

function parameter(rule, place) {
  const { name, label } = rule;
  const value = given(place)[name];
  const isSent = value != null;
  const toggle = (on) => place.write((params) => {
    if (on) params[name] = fallback(rule);
    else delete params[name];
  });
  return h("div", { className: "parameter" }, switchField(label, isSent, toggle, { "data-key": `send-${name}`, "aria-label": t("Set {name}", { name: label }) }), HELP[name] ? h("p", { className: "help" }, HELP[name]) : null,
    isSent ? control(rule, value, place) : null, problemsAt(`${place.path}.${name}`));
}

function stopSequences(place) {
  const stop = given(place).stop ?? [];
  const full = stop.length >= page.limits.stop;
  const add = (event) => {
    const text = event.target.value;
    if (!["Enter", "Tab"].includes(event.key) || !text) return;
    event.preventDefault();
    place.write((params) => { params.stop = [...new Set([...(params.stop ?? []), text])]; });
  };
  return h("div", { className: "parameter" }, h("label", { className: "field-label", htmlFor: "stop-sequences" }, t("Stop sequences")),
    h("p", { className: "help", id: "stop-help" }, t("The answer ends where one of them would begin. Enter or Tab adds one, up to {count}.", { count: page.limits.stop })),
    stop.length ? h("div", { className: "row tight" }, stop.map((text, at) => h("span", { className: "chip stop" }, h("code", {}, JSON.stringify(text).slice(1, -1)),
      iconButton(t("Remove {name}", { name: text }), "x", () => place.write((params) => params.stop.splice(at, 1)))))) : null,
    full ? null : input({ id: "stop-sequences", "data-key": "stop", maxLength: 100, "aria-describedby": "stop-help", placeholder: "Human:", onkeydown: add }),
    problemsAt(`${place.path}.stop`));
}

export function parameters(place = OF_APP) {
  const { model } = modelOf(place.holder());
  if (!model) return [h("p", { className: "notice warn" }, icon("triangle-alert"), h("span", {}, t("This model is not set up in the workspace. Choose another one, or set it up under Models.")))];
  return [h("h3", {}, t("Parameters")), presets(model, place), ...rulesOf(model).map((rule) => parameter(rule, place)), model.takes_stop ? stopSequences(place) : null];
}

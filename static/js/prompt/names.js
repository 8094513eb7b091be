// Names in prompts: which there are, which the form has, and what happens to them.
import { isChat } from "@/prompt/page.js";

const NAME = /\{\{([^\s{}#]{1,100})\}\}/g;
export const VARIABLE = /^(?!\d)[\p{L}\p{N}_\p{Extended_Pictographic}]{1,100}$/u;
const GIVEN = new Set(isChat ? ["pre_prompt"] : ["pre_prompt", "query"]); // filled in without a field

export function isExpert({ prompt_type: type }) {
  return type === "advanced";
}

// The form's fields as {kind, variable, label, ...}; `entry` is the map they stand in.
export function fieldsOf(config) {
  return (config.user_input_form ?? []).flatMap((entry) => Object.entries(entry ?? {}).map(([kind, field]) => ({ ...field, kind })));
}

export const namesOf = (config) => fieldsOf(config).map(({ variable }) => variable);

// Every text of the configuration that may hold names, with a way to write it.
function textsOf(config) {
  const texts = [[config, "opening_statement"]];
  if (!isExpert(config)) return [...texts, [config, "pre_prompt"]];
  for (const block of config.chat_prompt_config?.prompt ?? []) texts.push([block, "text"]);
  if (config.completion_prompt_config?.prompt) texts.push([config.completion_prompt_config.prompt, "text"]);
  return texts;
}

export function usedNames(config) {
  const found = textsOf(config).flatMap(([holder, key]) => [...String(holder[key] ?? "").matchAll(NAME)].map((match) => match[1]));
  return [...new Set(found)];
}

export function unknownNames(config) {
  const known = new Set(namesOf(config));
  return usedNames(config).filter((name) => !known.has(name) && !GIVEN.has(name) && VARIABLE.test(name));
}

export function renameIn(config, before, after) {
  for (const [holder, key] of textsOf(config)) {
    if (typeof holder[key] === "string") holder[key] = holder[key].replaceAll(`{{${before}}}`, `{{${after}}}`);
  }
  if (config.dataset_query_variable === before) config.dataset_query_variable = after;
}

export function addField(config, { kind = "text-input", ...field }) {
  (config.user_input_form ??= []).push({ [kind]: field });
}

const labelOf = (name) => name.replaceAll("_", " ").trim().replace(/^./u, (first) => first.toUpperCase());

export const plainField = (variable) => ({ variable, label: labelOf(variable), required: true, max_length: 256, default: "" });

// Who refers to what in a flow: in texts `{{#node.name#}}`, and in settings that are selectors. Pure: nothing is changed.
// The rules are those of the checklist (`engine/checklist.py`).
import { t } from "@/core/words.js";

const REFERENCE = /\{\{#([a-zA-Z0-9_]{1,50}(?:\.[a-zA-Z_][a-zA-Z0-9_]{0,29}){1,10})#\}\}/g;
// Settings that hold a selector though their name does not end in one.
const SELECTORS = new Set(["query", "variable", "variables", "value"]);

const isMap = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isSelector = (value) => Array.isArray(value) && value.length > 1 && value.every((part) => typeof part === "string" && part);
const holdsSelectors = (key) => key.endsWith("selector") || SELECTORS.has(key);
const nodesOf = (config) => config.graph?.nodes ?? [];
const titleOf = (node) => node.data?.title || node.data?.type || node.id;

// All references in a value, as selectors.
export function referencesIn(value, key = "") {
  if (typeof value === "string") return [...value.matchAll(REFERENCE)].map((match) => match[1].split("."));
  if (isMap(value)) return Object.entries(value).flatMap(([name, inner]) => referencesIn(inner, name));
  if (!Array.isArray(value)) return [];
  const rows = value.some(Array.isArray) ? value : [value];
  const found = holdsSelectors(key) ? rows.filter(isSelector) : [];
  return [...found, ...value.flatMap((item) => referencesIn(item, isMap(item) ? key : ""))];
}

// The titles of the nodes whose references fulfil a condition; "Features" for what the app says by itself.
function users(config, fits, without = new Set()) {
  const found = nodesOf(config).filter((node) => !without.has(node.id) && referencesIn(node.data).some(fits)).map(titleOf);
  return referencesIn(config.features).some(fits) ? [...found, t("Features")] : found;
}

// The titles of the nodes that refer to one of these, other than they themselves.
export function usersOf(config, ids) {
  const wanted = new Set(ids);
  return users(config, ([id]) => wanted.has(id), wanted);
}

// The titles of what refers to a variable: [node or namespace, name].
export const usersOfVariable = (config, [id, name]) => users(config, (found) => found[0] === id && found[1] === name);

// The configuration with a variable called otherwise in all references. What does not refer to it is the same object.
export function renamed(config, [id, before], name) {
  const isMeant = ([first, second]) => first === id && second === before;
  const inText = (text) => text.replaceAll(REFERENCE, (whole, path) => {
    const parts = path.split(".");
    return isMeant(parts) ? `{{#${[id, name, ...parts.slice(2)].join(".")}#}}` : whole;
  });
  const inList = (list, key) => {
    if (holdsSelectors(key) && isSelector(list) && isMeant(list)) return [id, name, ...list.slice(2)];
    const takesRows = holdsSelectors(key) && list.some(Array.isArray);
    return shared(list, list.map((item) => rewritten(item, isMap(item) || takesRows ? key : "")));
  };
  const rewritten = (value, key = "") => {
    if (typeof value === "string") return inText(value);
    if (Array.isArray(value)) return inList(value, key);
    if (!isMap(value)) return value;
    const changed = Object.entries(value).map(([inner, one]) => [inner, rewritten(one, inner)]);
    return changed.some(([inner, one]) => one !== value[inner]) ? Object.fromEntries(changed) : value;
  };
  const nodes = nodesOf(config).map((node) => withData(node, rewritten(node.data)));
  const graph = shared(nodesOf(config), nodes) === nodesOf(config) ? config.graph : { ...config.graph, nodes };
  const features = rewritten(config.features);
  return graph === config.graph && features === config.features ? config : { ...config, graph, features };
}

const shared = (before, after) => (after.some((item, place) => item !== before[place]) ? after : before);
const withData = (node, data) => (data === node.data ? node : { ...node, data });

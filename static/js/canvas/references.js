// References between nodes: who uses a node's variables, and what becomes of them when something is renamed or removed.
import { nodesOf, titleOf, withInner } from "@/canvas/graph.js";
import { confirm } from "@/core/dialogs.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";

const REFERENCE = /\{\{#([a-zA-Z0-9_]{1,50}(?:\.[a-zA-Z_][a-zA-Z0-9_]{0,29}){1,10})#\}\}/g;
const NAMED = new Set(["query", "variable", "variables", "value"]); // hold selectors though their names do not say so

const isSelector = (value) => Array.isArray(value) && value.length > 1 && value.every((part) => typeof part === "string" && part);
const mayHold = (key) => key.endsWith("selector") || key === "selector" || key === "file" || NAMED.has(key);

export const selectorsInText = (text) => [...text.matchAll(REFERENCE)].map(([, path]) => path.split("."));

// All selectors in a node's settings, those of its texts among them.
export function* selectorsIn(value, key = "") {
  if (typeof value === "string") yield* selectorsInText(value);
  else if (Array.isArray(value)) {
    const isHolder = mayHold(key);
    if (isHolder && isSelector(value)) yield value;
    else for (const item of value) yield* selectorsIn(item, Array.isArray(item) || isMap(item) ? key : "");
  } else if (isMap(value)) for (const [name, inner] of Object.entries(value)) yield* selectorsIn(inner, name);
}

const isMap = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

// The nodes that refer to one of these or to what stands inside them: [{node, selectors}].
export function usersOf(ids, config = draft.config) {
  const gone = withInner(ids, config);
  return nodesOf(config).filter((node) => !gone.has(node.id)).map((node) => ({ node, selectors: [...selectorsIn(node.data)].filter(([id]) => gone.has(id)) })).filter(({ selectors }) => selectors.length);
}

export function usersOfVariable([id, name], config = draft.config) {
  return nodesOf(config).filter((node) => [...selectorsIn(node.data)].some((selector) => selector[0] === id && selector[1] === name));
}

// Settings with each reference to one variable turned into one to another; the same object where there is none.
export function renamed(value, [id, before], after, key = "") {
  const again = (inner, name) => renamed(inner, [id, before], after, name);
  if (typeof value === "string") {
    const next = value.replaceAll(REFERENCE, (whole, path) => {
      const [source, name, ...keys] = path.split(".");
      return source === id && name === before ? `{{#${[id, after, ...keys].join(".")}#}}` : whole;
    });
    return next === value ? value : next;
  }
  if (Array.isArray(value)) {
    if (mayHold(key) && isSelector(value)) return value[0] === id && value[1] === before ? [id, after, ...value.slice(2)] : value;
    const next = value.map((item) => again(item, Array.isArray(item) || isMap(item) ? key : ""));
    return next.some((item, place) => item !== value[place]) ? next : value;
  }
  if (!isMap(value)) return value;
  const next = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, again(inner, name)]));
  return Object.keys(next).some((name) => next[name] !== value[name]) ? next : value;
}

function renameEverywhere([id, before], after, config) {
  const nodes = nodesOf(config).map((node) => {
    const data = renamed(node.data, [id, before], after);
    return data === node.data ? node : { ...node, data };
  });
  return { ...config, graph: { ...config.graph, nodes } };
}

// Asks whether the references to a variable follow its new name, and lets them.
export async function offerRename([id, before], after) {
  const users = before && after && before !== after ? usersOfVariable([id, before]) : [];
  if (!users.length) return;
  const names = users.map(titleOf).join(", ");
  const isWanted = await confirm(t("{before} is used in {names}. Shall it be called {after} there, too?", { before, after, names }), { action: t("Rename there, too") });
  if (isWanted) draft.put(renameEverywhere([id, before], after, draft.config), { label: t("{before} renamed to {after}", { before, after }) });
}

// Whether nodes may be removed: asks where others use them.
export async function mayRemove(ids) {
  const users = usersOf(ids);
  if (!users.length) return true;
  const names = users.map(({ node }) => titleOf(node)).join(", ");
  return confirm(t("It is used in {names}. Their references will lead nowhere. Remove it all the same?", { names }), { action: t("Remove"), danger: true });
}

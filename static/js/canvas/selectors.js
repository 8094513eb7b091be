// References in settings: found, and turned into others.
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

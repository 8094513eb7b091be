// Places in a node's settings: read, and written without changing what is shared.

export const at = (data, path) => path.reduce((found, key) => found?.[key], data);

// The same settings with another value at the path; undefined takes the key away. What was no map or list becomes one.
export function put(data, path, value) {
  if (!path.length) return value;
  const [key, ...rest] = path;
  const isList = Array.isArray(data) || (data == null && typeof key === "number");
  const copy = isList ? [...(data ?? [])] : { ...(data !== null && typeof data === "object" ? data : {}) };
  const next = put(copy[key], rest, value);
  if (next === undefined && !isList) delete copy[key];
  else copy[key] = next;
  return copy;
}

// All values at a path written with dots, in which `*` stands for every row.
export function valuesAt(data, path) {
  return path.split(".").reduce((found, key) => found.flatMap((one) => (key === "*" ? rowsOf(one) : [one?.[key]])), [data]);
}

// Rows as older files have them: one map for a list of one.
export function rowsOf(value) {
  if (Array.isArray(value)) return value;
  return value !== null && typeof value === "object" ? [value] : [];
}

export function movedTo(list, from, to) {
  const copy = [...list];
  if (to >= 0 && to < copy.length) copy.splice(to, 0, ...copy.splice(from, 1));
  return copy;
}

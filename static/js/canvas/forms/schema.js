// What a JSON schema says of a form: which fields there are, of what kind, in which order, shown when.
import { valuesAt } from "@/canvas/forms/paths.js";

const USUAL_PLACE = 50;

// A property with what it refers to, and whether it may be null.
export function resolve(property, root) {
  const choices = property.anyOf?.filter(({ type }) => type !== "null");
  if (choices) {
    const { anyOf, ...rest } = property;
    return { ...resolve(choices[0] ?? {}, root), ...rest, isNullable: choices.length < anyOf.length };
  }
  if (!property.$ref) return property;
  const { $ref, ...rest } = property;
  return { ...resolve(root.$defs[$ref.split("/").at(-1)], root), ...rest };
}

export function labelOf(name, property) {
  if (property.label) return property.label;
  const words = name.replace(/_(configs?|selector)$/, "").replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

// The form's part that draws a property: a widget by its name, else what follows from its type.
export function kindOf(property) {
  if (property.widget) return property.widget;
  if (property.options || property.enum) return "options";
  if (property.type === "boolean") return "switch";
  if (property.type === "integer" || property.type === "number") return "number";
  if (property.type === "object" && property.properties) return "object";
  if (property.type === "array") return property.items && (property.items.$ref || property.items.properties) ? "rows" : "texts";
  if (property.type === "object") return "json";
  return "text";
}

export function fallbackOf(property) {
  if (property.default !== undefined) return property.default;
  return { boolean: false, array: [], object: {}, string: "" }[property.type] ?? null;
}

// Whether a field is shown beside what stands around it; a neighbour without a value has its default.
function isShown(property, parent, neighbours, mode) {
  if (property.is_hidden) return false;
  if (property.modes && !property.modes.includes(mode)) return false;
  return Object.entries(property.shown_when ?? {}).every(([path, wanted]) => {
    const found = valuesAt(parent, path);
    const usual = usualAt(neighbours, path);
    return found.some((value) => wanted.includes(value ?? usual));
  });
}

function usualAt(neighbours, path) {
  const [name, ...rest] = path.split(".");
  return rest.reduce((found, key) => found?.[key], neighbours[name]?.default);
}

// The fields of an object as [{name, property}], in order; `left out`: names that stand elsewhere.
export function fieldsOf(schema, root, { value, mode, leftOut = [] }) {
  const all = Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, property]) => [name, resolve(property, root)]));
  return Object.entries(all)
    .filter(([name, property]) => !leftOut.includes(name) && isShown(property, value, all, mode) && !(property.is_older && !hasValue(value?.[name])))
    .map(([name, property]) => ({ name, property }))
    .sort((one, other) => (one.property.place ?? USUAL_PLACE) - (other.property.place ?? USUAL_PLACE));
}

const hasValue = (value) => (Array.isArray(value) ? value.length > 0 : Boolean(value));

// A new row of a list, with the defaults that mean something.
export function freshRow(schema, root) {
  const given = Object.entries(schema.properties ?? {}).map(([name, property]) => [name, resolve(property, root)]);
  return Object.fromEntries(given.filter(([, property]) => !property.is_older && fallbackOf(property) !== null).map(([name, property]) => [name, structuredClone(fallbackOf(property))]));
}

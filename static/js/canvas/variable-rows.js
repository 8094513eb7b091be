// Variables of the whole flow as its file has them: which kinds there are, what their names and values may be. Pure.
import { t } from "@/core/words.js";

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,29}$/; // what a reference in a text can name
const CHAT = "advanced-chat";
const TYPES = {
  string: [t("Text"), ""], number: [t("Number"), 0], boolean: [t("Yes or no"), false], secret: [t("Secret"), ""], object: [t("Object"), {}],
  "array[string]": [t("List of texts"), []], "array[number]": [t("List of numbers"), []], "array[boolean]": [t("List of yes or no"), []], "array[object]": [t("List of objects"), []],
};

export const KINDS = [
  {
    namespace: "conversation", key: "conversation_variables", modes: [CHAT], label: t("Conversation variables"),
    help: t("Kept from one message to the next. The node that assigns variables changes them."),
    types: ["string", "number", "boolean", "object", "array[string]", "array[number]", "array[boolean]", "array[object]"],
  },
  {
    namespace: "env", key: "environment_variables", modes: [CHAT, "workflow"], label: t("Environment variables"),
    help: t("The same in every run, such as addresses and keys. Secrets are stored encrypted; exported files hold them on demand only."),
    types: ["string", "number", "secret"],
  },
];

export const rowsOf = (config, { key }) => (Array.isArray(config[key]) ? config[key] : []);
export const withRows = (config, { key }, rows) => ({ ...config, [key]: rows });
export const typeLabel = (type) => TYPES[type]?.[0] ?? type;
export const emptyOf = (type) => structuredClone(TYPES[type]?.[1] ?? (type.startsWith("array[") ? [] : ""));
export const isEmpty = (value) => value == null || value === "";
export const isNumber = (type) => ["number", "integer", "float"].includes(type);
export const isJson = (type) => type === "object" || type.startsWith("array[");

// A value as it is shown and typed.
export function valueText({ value, value_type: type }, indent = 0) {
  if (value == null) return "";
  if (typeof value === "string") return value;
  if (type === "boolean") return value ? t("Yes") : t("No");
  return JSON.stringify(value, null, indent);
}

// "" or what is wrong with a name; `others`: the names that are taken.
export function faultOfName(name, others) {
  if (!NAME.test(name)) return t("The name takes up to 30 letters (a to z), digits and _ and does not begin with a digit.");
  return others.includes(name) ? t("There is a variable of this name already.") : "";
}

const fits = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  object: (value) => value !== null && typeof value === "object" && !Array.isArray(value),
};
const itemOf = (type) => /^array\[(\w+)\]$/.exec(type)?.[1];

// What was typed, as a value of the type; throws an Error with a sentence.
export function valueOf(text, type) {
  if (text.trim() === "" && type !== "string") return emptyOf(type);
  if (isNumber(type)) return numberOf(text);
  if (!isJson(type)) return text;
  const value = jsonOf(text);
  const item = itemOf(type);
  const isRight = item ? Array.isArray(value) && value.every(fits[item] ?? (() => true)) : fits.object(value);
  if (!isRight) throw new Error(item ? t("The value must be a list such as {example}.", { example: EXAMPLES[type] ?? "[]" }) : t("The value must be an object such as {example}.", { example: EXAMPLES.object }));
  return value;
}

export const EXAMPLES = { object: '{"name": "Ada"}', "array[string]": '["a", "b"]', "array[number]": "[1, 2]", "array[boolean]": "[true, false]", "array[object]": '[{"name": "Ada"}]' };

function numberOf(text) {
  const number = Number(text.trim().replace(",", "."));
  if (!Number.isFinite(number)) throw new Error(t("The value must be a number."));
  return number;
}

function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(t("The value is no JSON. Mind quotation marks and commas."));
  }
}

// Without TLS browsers have no `randomUUID`.
export function newUuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

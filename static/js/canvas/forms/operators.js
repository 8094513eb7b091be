// Comparisons: their words, and which of them suit a type.
import { t } from "@/core/words.js";

export const OPERATOR_WORDS = {
  contains: t("contains"), "not contains": t("does not contain"), "start with": t("begins with"), "end with": t("ends with"), is: t("is"), "is not": t("is not"),
  empty: t("is empty"), "not empty": t("is not empty"), null: t("is null"), "not null": t("is not null"), in: t("is one of"), "not in": t("is none of"),
  "all of": t("contains all of"), exists: t("is there"), "not exists": t("is not there"), before: t("before"), after: t("after"),
};
const TEXT = ["contains", "not contains", "start with", "end with", "is", "is not", "in", "not in", "empty", "not empty"];
const NUMBER = ["=", "≠", ">", "<", "≥", "≤", "empty", "not empty"];
const LIST = ["contains", "not contains", "all of", "empty", "not empty"];
const ANY = ["is", "is not", "contains", "not contains", "start with", "end with", "=", "≠", ">", "<", "≥", "≤", "in", "not in", "all of", "empty", "not empty", "null", "not null", "exists", "not exists"];
const BY_TYPE = { string: TEXT, secret: TEXT, number: NUMBER, boolean: ["is", "is not"], object: ["empty", "not empty", "null", "not null"], file: ["exists", "not exists"] };
const ALONE = new Set(["empty", "not empty", "null", "not null", "exists", "not exists"]);
const OF_LISTS = new Set(["in", "not in", "all of"]);

export const operatorsOf = (type) => (type?.startsWith("array") ? LIST : BY_TYPE[type] ?? ANY);
export const needsValue = (operator) => !ALONE.has(operator);
export const takesSeveral = (operator) => OF_LISTS.has(operator);

export function usualOperator(type) {
  return { number: "=", boolean: "is", object: "not empty", file: "exists" }[type] ?? (type?.startsWith("array") ? "not empty" : "contains");
}

// What files are told apart by: [name, type, known values].
export const FILE_FACTS = {
  type: { type: "string", operators: ["in", "not in"], values: ["image", "document", "audio", "video"] },
  name: { type: "string" }, extension: { type: "string" }, mime_type: { type: "string" }, size: { type: "number" },
  transfer_method: { type: "string", operators: ["in", "not in"], values: ["local_file", "remote_url"] }, url: { type: "string" }, related_id: { type: "string" },
};
export const operatorsOfFact = (key) => FILE_FACTS[key]?.operators ?? operatorsOf(FILE_FACTS[key]?.type ?? "string");

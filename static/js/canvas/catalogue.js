// The kinds of nodes there are, and what follows from a node's kind and settings. Nothing here knows a kind by name.
import { page } from "@/prompt/page.js";

const byKey = new Map(page.types.flatMap((type) => [type.key, ...type.aliases].map((key) => [key, type])));
export const FAIL_BRANCH = "fail-branch";
const SOURCE = "source";
const UNKNOWN = {
  key: "", label: "Unknown", description: "", family: "data", icon: "circle-help", only_inside: "", leads_on: true, has_rounds: false,
  branches: false, streams: false, fresh: {}, schema: { properties: {} }, common: [],
};

export const types = page.types;

export const typeOf = (node) => byKey.get(node.data?.type) ?? UNKNOWN;

export const isNote = (node) => node.type === "custom-note" || !node.data?.type;

// The property of a kind's settings whose rows are ways out, as [name, {id, label, else}].
function waysOf(type) {
  const found = Object.entries(type.schema.properties ?? {}).find(([, property]) => property.handles);
  return found && [found[0], found[1].handles];
}

// A node's ways out: [{id, label}], the label null where there is but one. Where a setting's rows are ways, `index` is
// the row's, null for the way besides.
export function handlesOf(node) {
  const type = typeOf(node);
  if (!type.leads_on) return [];
  const ways = waysOf(type);
  const found = ways ? rowsAsHandles(node, ...ways) : [{ id: SOURCE, label: null }];
  return node.data.error_strategy === FAIL_BRANCH ? [...found, { id: FAIL_BRANCH, label: null, isFailure: true }] : found;
}

function rowsAsHandles(node, name, ways) {
  const rows = Array.isArray(node.data[name]) && node.data[name].length ? node.data[name] : olderRows(node, ways);
  const found = rows.map((row, index) => ({ id: String(row?.[ways.id] ?? ""), label: ways.label ? String(row?.[ways.label] ?? "") : "", index }));
  return ways.else ? [...found, { id: ways.else, label: ways.else_label ?? "", index: null }] : found;
}

// Older files have one row, at the node itself: `older` names the setting that tells so, and the id of its way.
function olderRows(node, { id, older = {} }) {
  return Object.entries(older).filter(([name]) => node.data[name] !== undefined).map(([, way]) => ({ [id]: way }));
}

export const takesInput = (node) => typeOf(node).family !== "begin";

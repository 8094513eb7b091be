// The variables a node refers to, with their types and what they had last: what it takes to run it alone.
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { nameOf } from "@/canvas/faces.js";
import { nodeOf, withInner } from "@/canvas/graph.js";
import { referencesIn } from "@/canvas/references.js";
import { lastValues } from "@/canvas/runs/last-values.js";
import { server } from "@/canvas/runs/server.js";

const SPACES = { sys: t("System"), conversation: t("Conversation") };
const GIVEN = new Set(["env"]); // as they are set up

// [node or namespace, name], each once.
function selectorsOf(id) {
  const own = withInner([id]);
  const found = [...own].flatMap((inner) => referencesIn(nodeOf(inner)?.data ?? {}));
  const known = found.filter(([from]) => !own.has(from) && !GIVEN.has(from) && (from in SPACES || nodeOf(from)));
  return [...new Map(known.map(([from, name]) => [`${from}.${name}`, [from, name]])).values()];
}

const labelOf = ([from, name]) => (from in SPACES ? `${SPACES[from]} · ${name}` : nameOf([from, name]));

function typeIn(variables, [from, name]) {
  if (from === "sys") return name === "files" ? "array[file]" : "string";
  if (from === "conversation") return draft.config.conversation_variables?.find((row) => row.name === name)?.value_type;
  return variables[from]?.[name];
}

export const needsValues = (id) => selectorsOf(id).length > 0;

// Rows for a ValuesForm.
export async function rowsFor(id) {
  const selectors = selectorsOf(id);
  const nodes = [...new Set(selectors.map(([from]) => from))].map((from) => nodeOf(from)).filter(Boolean);
  const [{ variables }] = await Promise.all([nodes.length ? server.variables(nodes.map((node) => ({ id: node.id, data: node.data }))) : { variables: {} }, lastValues.ensure()]);
  return selectors.map((selector) => {
    const [from, name] = selector;
    const isBig = Boolean(lastValues.of(from)?.whole?.outputs);
    return { id: from, name, label: labelOf(selector), type: typeIn(variables, selector), value: isBig ? undefined : lastValues.valueOf(selector), isBig };
  });
}

// References between nodes: who uses a node's variables, and what becomes of them when something is renamed or removed.
import { nodesOf, titleOf, withInner } from "@/canvas/graph.js";
import { renamed, selectorsIn } from "@/canvas/selectors.js";
import { confirm } from "@/core/dialogs.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";

// The nodes that refer to one of these or to what stands inside them: [{node, selectors}].
export function usersOf(ids, config = draft.config) {
  const gone = withInner(ids, config);
  return nodesOf(config).filter((node) => !gone.has(node.id)).map((node) => ({ node, selectors: [...selectorsIn(node.data)].filter(([id]) => gone.has(id)) })).filter(({ selectors }) => selectors.length);
}

export function usersOfVariable([id, name], config = draft.config) {
  return nodesOf(config).filter((node) => [...selectorsIn(node.data)].some((selector) => selector[0] === id && selector[1] === name));
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

// What is asked before references lead nowhere, and when a variable gets another name.
import { confirm } from "@/core/dialogs.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { withInner } from "@/canvas/graph.js";
import { renamed, usersOf, usersOfVariable } from "@/canvas/references.js";

// Whether nodes may be removed: asks where others use them.
export async function mayRemove(ids) {
  const users = usersOf(draft.config, withInner(ids));
  if (!users.length) return true;
  return confirm(t("It is used in {names}. Their references will lead nowhere. Remove it all the same?", { names: users.join(", ") }), { action: t("Remove"), danger: true });
}

// Asks whether the references to a variable follow its new name, and lets them.
export async function offerRename([id, before], after) {
  const users = before && after && before !== after ? usersOfVariable(draft.config, [id, before]) : [];
  if (!users.length) return;
  const isWanted = await confirm(t("{before} is used in {names}. Shall it be called {after} there, too?", { before, after, names: users.join(", ") }), { action: t("Rename there, too") });
  if (isWanted) draft.put(renamed(draft.config, [id, before], after), { label: t("{before} renamed to {after}", { before, after }) });
}

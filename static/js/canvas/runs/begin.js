// How the flow begins: the form it asks for, or what triggers it.
import { fieldsOf, paneSettings } from "@/webapp/settings.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { page } from "@/prompt/page.js";
import { typeOf } from "@/canvas/catalogue.js";
import { insideOf, nodesOf } from "@/canvas/graph.js";

export const isChatflow = page.app.mode === "advanced-chat";

const beginnings = () => nodesOf().filter((node) => typeOf(node).family === "begin" && !insideOf(node));
const asksPeople = (node) => "variables" in (typeOf(node).schema.properties ?? {});

// The node whose form is filled in, where there is one.
export const formNode = () => beginnings().find(asksPeople);

// The nodes that start the flow by themselves.
export const triggerNodes = () => beginnings().filter((node) => !asksPeople(node));

// The form as basic apps have it: each field under its type.
function userForm() {
  const rows = formNode()?.data.variables ?? [];
  return rows.filter((row) => row?.variable).map((row) => ({ [row.type || "text-input"]: row }));
}

export const formFields = () => fieldsOf({ user_input_form: userForm() });

export function chatSettings() {
  const shown = paneSettings({ mode: page.app.mode, placeholder: t("Try a question"), parameters: { ...draft.config.features, user_input_form: userForm() } });
  return { ...shown, asksFirst: false, isBeside: true, showsSteps: false };
}

// Two windows have changed the same draft: which of the two it shall be. Neither is lost.
import { openDialog } from "@/core/dialogs.js";
import { h } from "@/core/dom.js";
import { t } from "@/core/words.js";

// Resolves to "theirs", "overwrite" or null for neither yet.
export function settleConflict({ saved_by, saved_at }) {
  const time = new Date(saved_at).toLocaleTimeString();
  return new Promise((resolve) => {
    let choice = null;
    const choose = (word) => () => { choice = word; dialog.close(); };
    const content = h("div", { className: "stack" },
      h("h2", {}, t("The app was changed meanwhile")),
      h("p", {}, saved_by ? t("{name} saved another draft at {time}, perhaps in another window.", { name: saved_by, time }) : t("Another draft was saved at {time}.", { time })),
      h("ul", { className: "stack-list" },
        h("li", {}, t("Load it: you see what is stored. Undo brings your text back.")),
        h("li", {}, t("Keep mine: your text is the draft. The other one stays in the version history."))),
      h("div", { className: "row end" },
        h("button", { className: "btn", type: "button", autofocus: true, onclick: choose("theirs") }, t("Load it")),
        h("button", { className: "btn primary", type: "button", onclick: choose("overwrite") }, t("Keep mine"))));
    const dialog = openDialog(content, { label: t("The app was changed meanwhile") });
    dialog.addEventListener("close", () => resolve(choice));
  });
}

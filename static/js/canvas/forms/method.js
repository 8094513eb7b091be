// The method of a request, and the way to take a whole request over from a command line.
import { openDialog } from "@/core/dialogs.js";
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { field, select } from "@/prompt/fields.js";
import { parseCurl } from "@/canvas/forms/curl.js";

export function method(slot) {
  const value = String(slot.value ?? "get").toLowerCase();
  const choice = select(slot.property.options.map((word) => [word, word.toUpperCase()]), value, { "aria-label": t("Method"), "data-key": slot.key, onchange: ({ target }) => slot.set(target.value) });
  return h("div", { className: "line method" }, choice, h("span", { className: "grow" }), h("button", { className: "btn small", type: "button", "data-key": `${slot.key}-import`, onclick: () => take(slot) }, icon("terminal"), t("Import from cURL")));
}

function take(slot) {
  const box = h("textarea", { className: "input mono", rows: 8, autofocus: true, spellcheck: false, placeholder: "curl -X POST https://example.com/api -H 'Accept: application/json' -d '{\"a\": 1}'" });
  const problem = h("p", { className: "problem", role: "alert", hidden: true });
  const form = h("form", { className: "stack", noValidate: true, onsubmit: (event) => {
    event.preventDefault();
    try {
      slot.setAll(parseCurl(box.value));
      dialog.close();
    } catch (error) {
      problem.hidden = false;
      problem.replaceChildren(icon("circle-alert"), h("span", {}, error.message));
    }
  } }, h("h2", {}, t("Import from cURL")), field(t("Command"), box, t("Method, address, parameters, headers, key and body are taken from it. They replace what stands here.")), problem,
  h("div", { className: "row end" }, h("button", { className: "btn", type: "button", "data-close": "" }, t("Cancel")), h("button", { className: "btn primary" }, t("Import"))));
  const dialog = openDialog(form, { label: t("Import from cURL"), wide: true });
}

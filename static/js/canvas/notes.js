// A note of the board in the dock: its text and its colour.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { field, iconButton, input, switchField } from "@/prompt/fields.js";
import { removeFrom } from "@/canvas/board.js";
import { isNote } from "@/canvas/catalogue.js";
import { dock } from "@/canvas/dock.js";
import { nodeOf, setData } from "@/canvas/graph.js";
import { THEMES, noteDocument, noteText } from "@/canvas/note-text.js";
import { signals } from "@/canvas/signals.js";
import { draft } from "@/prompt/draft.js";

const KEY = "note";
const COLOURS = { yellow: t("Yellow"), blue: t("Blue"), cyan: t("Cyan"), green: t("Green"), pink: t("Pink"), violet: t("Violet") };

function colours(id, data) {
  const choose = ({ target }) => setData(id, (now) => ({ ...now, theme: target.value }), { label: t("Colour of a note changed"), source: KEY });
  return h("fieldset", { className: "note-colours" }, h("legend", {}, t("Colour")), THEMES.map((theme) => h("label", { "data-theme": theme, title: COLOURS[theme] },
    h("input", { type: "radio", name: "note-theme", value: theme, checked: (data.theme || THEMES[0]) === theme, onchange: choose }), h("span", { className: "sr-only" }, COLOURS[theme]))));
}

function form(id, data) {
  const write = ({ target }) => setData(id, (now) => ({ ...now, text: noteDocument(target.value, data.text) }), { key: `note-${id}`, label: t("Note written"), source: KEY });
  const author = (name, value, key) => setData(id, (now) => ({ ...now, [name]: value }), { key, label: t("Author of a note changed"), source: KEY });
  return [
    field(t("Text"), h("textarea", { className: "input", rows: 8, maxLength: 10_000, value: noteText(data.text), autofocus: true, oninput: write })),
    colours(id, data),
    field(t("Author"), input({ value: data.author ?? "", maxLength: 80, oninput: ({ target }) => author("author", target.value, `author-${id}`) })),
    switchField(t("Show the author"), Boolean(data.showAuthor), (isOn) => author("showAuthor", isOn, null)),
  ];
}

function show(id) {
  const remove = iconButton(t("Remove the note"), "trash-2", () => removeFrom([id]));
  dock.open({
    key: KEY, label: t("Note"), focus: true, onclose: () => signals.openId === id && signals.open(null),
    head: [h("span", { className: "node-sign" }, icon("sticky-note")), h("strong", { className: "grow" }, t("Note")), remove],
    content: form(id, nodeOf(id).data),
  });
}

export function mountNotes() {
  signals.addEventListener("open", (event) => {
    const { id } = event.detail;
    const node = id && nodeOf(id);
    if (node && isNote(node)) {
      event.stopImmediatePropagation(); // a note is no node with settings
      show(id);
    } else if (!id && dock.key === KEY) dock.close();
  });
  draft.addEventListener("change", ({ detail: { source } }) => {
    if (dock.key !== KEY || source === KEY || !signals.openId) return;
    if (nodeOf(signals.openId)) show(signals.openId);
    else dock.close();
  });
}

// A prompt's text box: names as chips, "/" and "{" offer what can be put in.
import {
  Decoration, EditorState, EditorView, MatchDecorator, StateEffect, ViewPlugin, autocompletion, defaultKeymap, history, historyKeymap, keymap, placeholder,
} from "editor";
import { t } from "@/core/words.js";
import { nonce } from "@/prompt/page.js";
import { VARIABLE } from "@/prompt/names.js";

const CHIP = /\{\{(#[^{}#\n]{1,100}#|[^\s{}#]{1,100})\}\}/g;
const TRIGGER = /(?:(^|\s)\/|\{{1,2})([\p{L}\p{N}_]*)$/u;
const namesChanged = StateEffect.define();

const look = EditorView.theme({
  "&": { fontSize: "14px" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": { padding: "10px 0", fontFamily: "var(--font)", lineHeight: "1.65", caretColor: "var(--text)", minHeight: "var(--editor-min, 160px)" },
  ".cm-line": { padding: "0 12px" },
  ".cm-scroller": { maxHeight: "min(56vh, 520px)", overflow: "auto", fontFamily: "inherit" },
  ".cm-placeholder": { color: "var(--text-3)" },
  ".cm-tooltip": { background: "var(--surface)", color: "var(--text)", border: "1px solid var(--line)", borderRadius: "8px", boxShadow: "var(--shadow-3)", overflow: "hidden" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--font)", fontSize: "13px", minWidth: "220px", maxHeight: "260px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "6px 12px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent-soft)", color: "var(--accent)" },
  ".cm-completionDetail": { color: "var(--text-3)", fontStyle: "normal", marginInlineStart: "12px" },
});

// `offer` has `names()`: the form's; `given(name)`: whether it is filled in without a field; `blocks(text)`: what may be put
// in of [name, label]; `create(name)`: resolves to the new field's name or null.
function chips(offer) {
  const decorator = new MatchDecorator({
    regexp: CHIP,
    decoration: ([, name]) => {
      const isBlock = name.startsWith("#");
      const isKnown = isBlock || offer.given(name) || offer.names().includes(name);
      return Decoration.mark({ class: isBlock ? "prompt-chip block" : isKnown ? "prompt-chip" : "prompt-chip unknown" });
    },
  });
  return ViewPlugin.fromClass(class {
    constructor(view) {
      this.decorations = decorator.createDeco(view);
    }

    update(update) {
      const isAnew = update.transactions.some((one) => one.effects.some((effect) => effect.is(namesChanged)));
      this.decorations = isAnew ? decorator.createDeco(update.view) : decorator.updateDeco(update, this.decorations);
    }
  }, { decorations: (plugin) => plugin.decorations });
}

function insert(view, text, from, to) {
  const after = view.state.sliceDoc(to, to + 2);
  const closing = text.endsWith("}}") ? after.match(/^\}{0,2}/)[0].length : 0;
  view.dispatch({ changes: { from, to: to + closing, insert: text }, selection: { anchor: from + text.length }, userEvent: "input.complete" });
}

function completions(offer) {
  return (context) => {
    const match = context.matchBefore(/(?:(?:^|\s)\/|\{{1,2})[\p{L}\p{N}_]*$/u);
    const [, space = "", typed = ""] = match?.text.match(TRIGGER) ?? [];
    if (!match) return null;
    const start = match.from + space.length;
    const put = (text) => (view, _, __, to) => insert(view, text, start, to);
    const fits = (name) => name.toLowerCase().includes(typed.toLowerCase());
    const create = (view, _, __, to) => offer.create(typed).then((name) => name && insert(view, `{{${name}}}`, start, to)).finally(() => view.focus());
    const isNew = typed && VARIABLE.test(typed) && !offer.names().includes(typed);
    return {
      from: start,
      filter: false,
      options: [
        ...offer.names().filter(fits).map((name) => ({ label: name, detail: t("variable"), apply: put(`{{${name}}}`) })),
        ...offer.blocks(context.state.doc.toString()).filter(([name, label]) => fits(name) || fits(label)).map(([name, label]) => ({ label, detail: t("block"), apply: put(`{{#${name}#}}`) })),
        { label: isNew ? t("New variable “{name}” …", { name: typed }) : t("New variable …"), apply: create },
      ],
    };
  };
}

export class PromptEditor {
  #isQuiet = false;

  constructor(host, { value, label, hint, offer, onchange }) {
    this.view = new EditorView({
      parent: host,
      state: EditorState.create({
        doc: value,
        extensions: [
          EditorView.cspNonce.of(nonce), look, EditorView.lineWrapping, history(), placeholder(hint),
          keymap.of([...defaultKeymap, ...historyKeymap]),
          autocompletion({ override: [completions(offer)], icons: false }),
          chips(offer),
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "true", "aria-multiline": "true" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged && !this.#isQuiet) onchange(update.state.doc.toString());
          }),
        ],
      }),
    });
  }

  // Takes over a text that was not typed here.
  set value(text) {
    const { doc } = this.view.state;
    if (doc.toString() === text) return;
    this.#isQuiet = true;
    this.view.dispatch({ changes: { from: 0, to: doc.length, insert: text } });
    this.#isQuiet = false;
  }

  showNames() {
    this.view.dispatch({ effects: namesChanged.of(null) });
  }

  put(text) {
    const { from, to } = this.view.state.selection.main;
    insert(this.view, text, from, to);
    this.view.focus();
  }

  destroy() {
    this.view.destroy();
  }
}

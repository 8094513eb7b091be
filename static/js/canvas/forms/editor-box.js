// Text boxes of settings: templates with references as chips, and code.
import {
  Decoration, EditorState, EditorView, HighlightStyle, MatchDecorator, StateEffect, ViewPlugin, WidgetType, autocompletion, bracketMatching, closeBrackets,
  defaultKeymap, history, historyKeymap, indentUnit, indentWithTab, javascript, json, keymap, lineNumbers, placeholder, python, syntaxHighlighting, tags,
} from "editor";
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { nonce } from "@/prompt/page.js";
import { choicesAt, faultOf, keysOf, wordsOf } from "@/canvas/variables.js";

const REFERENCE = /\{\{#([^#{}\n]{1,200})#\}\}/g;
const JINJA = /\{\{[^{}#\n]*\}\}|\{%[^%\n]*%\}|\{#[^#\n]*#\}/g;
const namesChanged = StateEffect.define();
const LANGUAGES = { python3: () => [python(), indentUnit.of("    ")], javascript: () => [javascript(), indentUnit.of("  ")], json: () => [json(), indentUnit.of("  ")] };

const look = EditorView.theme({
  "&": { fontSize: "13px" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": { padding: "var(--editor-pad, 8px) 0", lineHeight: "1.6", caretColor: "var(--text)", minHeight: "var(--editor-min, 0)" },
  ".cm-line": { padding: "0 10px" },
  ".cm-scroller": { maxHeight: "var(--editor-max, 320px)", overflow: "auto" },
  ".cm-placeholder": { color: "var(--text-3)" },
  ".cm-gutters": { background: "var(--surface-2)", color: "var(--text-3)", border: "0" },
  ".cm-tooltip": { background: "var(--surface)", color: "var(--text)", border: "1px solid var(--line)", borderRadius: "8px", boxShadow: "var(--shadow-3)", overflow: "hidden", zIndex: "40" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--font)", fontSize: "13px", minWidth: "240px", maxWidth: "min(420px, 90vw)", maxHeight: "260px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "6px 12px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent-soft)", color: "var(--accent)" },
  ".cm-completionDetail": { color: "var(--text-3)", fontStyle: "normal", marginInlineStart: "12px" },
});
const words = EditorView.theme({ ".cm-content": { fontFamily: "var(--font)" }, ".cm-scroller": { fontFamily: "inherit" } });
const mono = EditorView.theme({ ".cm-content": { fontFamily: "var(--mono)" }, ".cm-scroller": { fontFamily: "var(--mono)" } });
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword, tags.controlKeyword], color: "var(--accent)", fontWeight: "550" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--warn)" },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], color: "var(--text-3)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.definition(tags.variableName), tags.propertyName], color: "var(--text)", fontWeight: "550" },
  { tag: tags.invalid, color: "var(--danger)" },
]);

class Chip extends WidgetType {
  constructor({ sign, text, fault }) {
    super();
    Object.assign(this, { sign, text, fault });
  }

  eq(other) {
    return other.sign === this.sign && other.text === this.text && other.fault === this.fault;
  }

  toDOM() {
    return h("span", { className: this.fault ? "text-chip gone" : "text-chip", title: this.fault || this.text }, icon(this.fault ? "triangle-alert" : this.sign), this.text, this.fault ? h("span", { className: "sr-only" }, ` ${t("is gone")}`) : null);
  }
}

function told(path, { at, blocks }) {
  if (path.startsWith("$output.")) return { sign: "type", text: path.slice(8), fault: "" };
  if (!path.includes(".")) return { sign: "quote", text: path, fault: blocks.includes(path) ? "" : t("There is no such variable.") };
  const selector = path.split(".");
  const { sign, source, name } = wordsOf(selector);
  return { sign, text: `${source} · ${name}`, fault: faultOf(selector, at) };
}

function chips(offer) {
  const decorator = new MatchDecorator({ regexp: REFERENCE, decoration: ([, path]) => Decoration.replace({ widget: new Chip(told(path, offer)) }) });
  return ViewPlugin.fromClass(class {
    constructor(view) {
      this.decorations = decorator.createDeco(view);
    }

    update(update) {
      const isAnew = update.transactions.some((one) => one.effects.some((effect) => effect.is(namesChanged)));
      this.decorations = isAnew ? decorator.createDeco(update.view) : decorator.updateDeco(update, this.decorations);
    }
  }, {
    decorations: (plugin) => plugin.decorations,
    provide: (plugin) => EditorView.atomicRanges.of((view) => view.plugin(plugin)?.decorations ?? Decoration.none),
  });
}

const marked = () => {
  const decorator = new MatchDecorator({ regexp: JINJA, decoration: ([text]) => Decoration.mark({ class: text.startsWith("{#") ? "jinja comment" : "jinja" }) });
  return ViewPlugin.fromClass(class {
    constructor(view) {
      this.decorations = decorator.createDeco(view);
    }

    update(update) {
      this.decorations = decorator.updateDeco(update, this.decorations);
    }
  }, { decorations: (plugin) => plugin.decorations });
};

function insert(view, text, from, to) {
  const after = view.state.sliceDoc(to, to + 2);
  const closing = after.match(/^\}{0,2}/)[0].length;
  view.dispatch({ changes: { from, to: to + closing, insert: text }, selection: { anchor: from + text.length }, userEvent: "input.complete" });
}

function completions(offer) {
  return (context) => {
    const match = context.matchBefore(/(?:\/|\{{1,2}#?)[\p{L}\p{N}_.]*$/u);
    if (!match || (match.text.startsWith("/") && match.from > 0 && !/\s|\}/.test(context.state.sliceDoc(match.from - 1, match.from)) && !context.explicit)) return null;
    const typed = match.text.replace(/^(\/|\{{1,2}#?)/, "").toLowerCase();
    const put = (path) => (view, _, __, to) => insert(view, `{{#${path}#}}`, match.from, to);
    const all = choicesAt(offer.at).flatMap(({ label, variables }) => variables.flatMap((one) => [one, ...(typed ? Object.entries(keysOf(one.selector, one.type)).map(([key, type]) => ({ name: `${one.name}.${key}`, type, selector: [...one.selector, key] })) : [])]
      .map(({ name, type, selector }) => ({ label: `${label} · ${name}`, detail: type, apply: put(selector.join(".")) }))));
    const blocks = offer.blocks.map((name) => ({ label: name, detail: t("block"), apply: put(name) }));
    return { from: match.from, filter: false, options: [...blocks, ...all].filter(({ label }) => label.toLowerCase().includes(typed)) };
  };
}

const oneLine = () => [
  EditorState.transactionFilter.of((step) => (step.docChanged && step.newDoc.lines > 1 ? [] : step)),
  EditorView.domEventHandlers({ paste(event, view) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!text.includes("\n")) return false;
    event.preventDefault();
    view.dispatch(view.state.replaceSelection(text.trim().replace(/\s*\n\s*/g, " ")));
    return true;
  } }),
];

// `offer`: {at, blocks} of templates, `at` being the node that refers; `language`: "template", "jinja2", or one of code.
export class EditorBox {
  #isQuiet = false;

  constructor({ value, label, language = "template", offer, isLine = false, hint = "", onchange }) {
    const isTemplate = language === "template";
    this.element = h("div", { className: isLine ? "editor-box one-line" : isTemplate ? "editor-box" : "editor-box code" });
    // Escape leaves the box by the next Tab; it must not close what is around.
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
    const own = isTemplate ? [words, chips(offer), autocompletion({ override: [completions(offer)], icons: false })]
      : [mono, lineNumbers(), closeBrackets(), bracketMatching(), syntaxHighlighting(colours), keymap.of([indentWithTab]), language === "jinja2" ? marked() : LANGUAGES[language]?.() ?? []];
    this.view = new EditorView({
      parent: this.element,
      state: EditorState.create({
        doc: value,
        extensions: [
          EditorView.cspNonce.of(nonce), look, EditorView.lineWrapping, history(), placeholder(hint), ...own, keymap.of([...defaultKeymap, ...historyKeymap]), isLine ? oneLine() : [],
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: String(isTemplate && !isLine), "aria-multiline": String(!isLine) }),
          EditorView.updateListener.of((update) => update.docChanged && !this.#isQuiet && onchange(update.state.doc.toString())),
        ],
      }),
    });
  }

  // Takes over a text that was not typed here.
  take(text) {
    const { doc } = this.view.state;
    if (doc.toString() === text) return;
    this.#isQuiet = true;
    this.view.dispatch({ changes: { from: 0, to: doc.length, insert: text } });
    this.#isQuiet = false;
  }

  refresh() {
    this.view.dispatch({ effects: namesChanged.of(null) });
  }

  // Puts in a reference where the caret is.
  put(path) {
    const { from, to } = this.view.state.selection.main;
    insert(this.view, `{{#${path}#}}`, from, to);
    this.view.focus();
  }

  destroy() {
    this.view.destroy();
  }
}

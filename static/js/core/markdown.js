// Markdown of a model's answer: raw HTML is off, DOMPurify checks what is left, and finished blocks are not parsed
// again while the answer grows.
import { DOMPurify, MarkdownIt } from "markdown";

const markdown = new MarkdownIt({ html: false, linkify: true, breaks: true });
const OWN_PATH = /^\/[^/\\]/;

// An image elsewhere would tell its server what the answer says: it becomes a link the reader may follow.
const drawImage = markdown.renderer.rules.image;
markdown.renderer.rules.image = (tokens, index, options, env, renderer) => {
  const token = tokens[index];
  const source = token.attrGet("src");
  if (OWN_PATH.test(source)) return drawImage(tokens, index, options, env, renderer);
  const escape = markdown.utils.escapeHtml;
  return `<a href="${escape(source)}">${escape(token.content || source)}</a>`;
};

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer nofollow");
});
const POLICY = {
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|\/(?![/\\])|#)/i,
  FORBID_TAGS: ["style", "form", "input", "button", "iframe"],
  FORBID_ATTR: ["style"],
  RETURN_DOM_FRAGMENT: true,
};
const toFragment = (source) => DOMPurify.sanitize(markdown.render(source), POLICY);

const FENCE_OR_GAP = /^ {0,3}(```|~~~)|\n[ \t]*\n(?=\S)/gm;
const LIST_ITEM = /^\s*(?:[-*+]|\d+[.)])\s/;

// Splits at blank lines, but never inside a code fence or between the items of a list.
function splitBlocks(source) {
  const blocks = [];
  let start = 0;
  let isFenced = false;
  for (const match of source.matchAll(FENCE_OR_GAP)) {
    const end = match.index + match[0].length;
    if (match[1]) isFenced = !isFenced;
    else if (!isFenced && !LIST_ITEM.test(source.slice(end, end + 6))) {
      blocks.push(source.slice(start, match.index));
      start = end;
    }
  }
  blocks.push(source.slice(start));
  return blocks;
}

export class StreamingMarkdown {
  #done = 0;
  #frame = 0;
  #tail = document.createElement("div");

  constructor(target) {
    this.source = "";
    target.replaceChildren(this.#tail);
  }

  push(text) {
    this.source += text;
    this.#frame ||= requestAnimationFrame(() => this.#render());
  }

  finish() {
    cancelAnimationFrame(this.#frame);
    this.#render();
    this.#tail.replaceWith(...this.#tail.childNodes);
  }

  #render() {
    this.#frame = 0;
    const blocks = splitBlocks(this.source);
    for (; this.#done < blocks.length - 1; this.#done++) this.#tail.before(toFragment(blocks[this.#done]));
    this.#tail.replaceChildren(toFragment(blocks.at(-1)));
  }
}

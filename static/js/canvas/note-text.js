// Notes on the board: a document as JSON, of which the text is read and written line by line. A line that stays as it
// was keeps its looks (bold, lists, links), which are not shown here but belong to whoever wrote them.
export const THEMES = ["yellow", "blue", "cyan", "green", "pink", "violet"];
const BREAKS = new Set(["linebreak"]);

const plain = (node) => (BREAKS.has(node.type) ? "\n" : (node.text ?? "") + (node.children ?? []).map(plain).join(""));

// The document's blocks with their texts; null where it is none.
function blocksOf(stored) {
  try {
    const { root } = JSON.parse(stored);
    return root.children.map((block) => ({ block, text: block.type === "list" ? block.children.map((item) => `• ${plain(item)}`).join("\n") : plain(block) }));
  } catch {
    return null;
  }
}

export function noteText(stored) {
  const blocks = blocksOf(stored);
  return blocks ? blocks.map(({ text }) => text).join("\n").trimEnd() : String(stored ?? "");
}

const LOOK = { direction: "ltr", format: "", indent: 0, version: 1 };

const paragraph = (text) => ({
  children: text ? [{ detail: 0, format: 0, mode: "normal", style: "", text, type: "text", version: 1 }] : [],
  ...LOOK, type: "paragraph", textFormat: 0, textStyle: "",
});

// The block that stands for lines[at] and those after it, among what there was.
const blockAt = (lines, at, blocks) => blocks.find(({ text }) => text && text === lines.slice(at, at + text.split("\n").length).join("\n"));

export function noteDocument(text, before = "") {
  const lines = text.split("\n");
  const blocks = blocksOf(before) ?? [];
  const children = [];
  for (let at = 0; at < lines.length;) {
    const found = blockAt(lines, at, blocks);
    children.push(found?.block ?? paragraph(lines[at]));
    at += found ? found.text.split("\n").length : 1;
  }
  return JSON.stringify({ root: { children, ...LOOK, type: "root" } });
}

export function freshNote(position, id, author = "") {
  const size = { width: 240, height: 120 };
  const data = { type: "", title: "", desc: "", text: "", theme: THEMES[0], author, showAuthor: false, ...size };
  return { id, type: "custom-note", position, ...size, data };
}

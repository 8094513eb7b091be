// A form that a run waits for: its texts are Markdown.
import { StreamingMarkdown } from "@/core/markdown.js";

for (const block of document.querySelectorAll("[data-markdown]")) {
  const text = block.textContent;
  const markdown = new StreamingMarkdown(block);
  markdown.push(text);
  markdown.finish();
  block.classList.remove("form-page-text");
}

// <markdown-text>source</markdown-text>: shows Markdown; without this file, its source.
class MarkdownText extends HTMLElement {
  async connectedCallback() {
    if (this.source !== undefined) return; // moved within the page
    this.source = this.textContent;
    const { StreamingMarkdown } = await import("@/core/markdown.js"); // lists of entries do without
    const markdown = new StreamingMarkdown(this);
    markdown.push(this.source);
    markdown.finish();
    this.classList.add("md");
  }
}
customElements.define("markdown-text", MarkdownText);

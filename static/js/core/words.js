// Sentences in the page's language: t("Send"), t("Remove {name}", { name }). Python's `words.py` lists them; a page
// without a translation shows the English sentence as it stands in the script.
const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

export const t = (sentence, values = {}) => (words[sentence] ?? sentence).replace(/\{(\w+)\}/g, (_, name) => values[name]);

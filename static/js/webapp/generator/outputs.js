// What a workflow has brought, as Markdown: a single text as it is, everything else by its name.
const isFile = (value) => value?.dify_model_identity === "__dify__file__";

function written(value) {
  if (isFile(value)) return `${value.type === "image" ? "!" : ""}[${value.filename || "file"}](${value.url})`;
  if (Array.isArray(value) && value.length && value.every(isFile)) return value.map(written).join("\n\n");
  if (typeof value === "string") return value;
  return `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;
}

export function outputsText(outputs) {
  const entries = Object.entries(outputs ?? {});
  if (entries.length === 1) return written(entries[0][1]);
  return entries.map(([name, value]) => `**${name}**\n\n${written(value)}`).join("\n\n");
}

// Text of lines `name: value` as pairs, and back. The first colon parts them.
export function pairsOf(value) {
  if (Array.isArray(value)) return value.filter((row) => row?.key).map((row) => [String(row.key), String(row.value ?? "")]);
  if (value !== null && typeof value === "object") return Object.entries(value).map(([name, text]) => [name, String(text ?? "")]);
  return String(value ?? "").split("\n").filter((line) => line.trim()).map((line) => {
    const place = nameEnd(line);
    return place < 0 ? [line.trim(), ""] : [line.slice(0, place).trim(), line.slice(place + 1).trim()];
  });
}

// A reference in a name holds no colon, so the first one ends it.
const nameEnd = (line) => line.indexOf(":");

export const asLines = (pairs) => pairs.map(([name, value]) => `${name}:${value.replaceAll("\n", " ")}`).join("\n");

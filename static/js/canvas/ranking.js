// Which kinds of nodes a search finds, the best first: a name that begins with it, then a word of a name, then the rest.

const wordsOf = (text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);

// 0 is best; null where it is not found.
export function rank({ label, key, description }, search) {
  const words = wordsOf(search);
  const name = label.toLowerCase();
  const all = `${name} ${key} ${description}`.toLowerCase();
  if (!words.every((word) => all.includes(word))) return null;
  if (wordsOf(label).join(" ").startsWith(words.join(" "))) return 0;
  if (words.every((word) => wordsOf(label).some((one) => one.startsWith(word)))) return 1;
  if (words.every((word) => name.includes(word) || key.includes(word))) return 2;
  return words.every((word) => wordsOf(description).some((one) => one.startsWith(word))) ? 3 : 4;
}

export function ranked(types, search) {
  return types
    .map((type, place) => ({ type, place, rank: rank(type, search) }))
    .filter((one) => one.rank !== null)
    .sort((one, other) => one.rank - other.rank || one.place - other.place)
    .map(({ type }) => type);
}

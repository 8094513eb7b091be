// Where nodes stand that a file says nothing about: in columns, each a step after what leads to it.
const STEP_X = 320;
const STEP_Y = 140;
const INNER = { x: 24, y: 64 };

// How many steps each is away from where the flow begins, by the longest way.
export function depths(nodes, edges) {
  const ids = new Set(nodes.map(({ id }) => id));
  const ways = edges.filter(({ source, target }) => ids.has(source) && ids.has(target) && source !== target);
  const waiting = new Map(nodes.map(({ id }) => [id, 0]));
  const after = new Map(nodes.map(({ id }) => [id, []]));
  for (const { source, target } of ways) {
    waiting.set(target, waiting.get(target) + 1);
    after.get(source).push(target);
  }
  const depth = new Map(nodes.map(({ id }) => [id, 0]));
  const ready = nodes.map(({ id }) => id).filter((id) => !waiting.get(id));
  for (const id of ready) {
    for (const target of after.get(id)) {
      depth.set(target, Math.max(depth.get(target), depth.get(id) + 1));
      waiting.set(target, waiting.get(target) - 1);
      if (!waiting.get(target)) ready.push(target);
    }
  }
  return depth;
}

const CARD_X = 232;
const EMPTY_X = 420; // the least a container takes

// How wide each column is: as its widest node, a container being as wide as the columns inside it.
function widthsOf(nodes, columnOf, insideOf) {
  const inner = new Map();
  for (const node of nodes) inner.set(insideOf(node), Math.max(inner.get(insideOf(node)) ?? 0, columnOf.get(node.id) + 1));
  const widths = new Map();
  for (const node of nodes) {
    const key = `${insideOf(node)} ${columnOf.get(node.id)}`;
    const own = inner.has(node.id) ? Math.max(EMPTY_X, INNER.x + (inner.get(node.id) - 1) * STEP_X + CARD_X + INNER.x) : CARD_X;
    widths.set(key, Math.max(widths.get(key) ?? 0, own));
  }
  return widths;
}

export function columns(nodes, edges, insideOf) {
  const depth = depths(nodes, edges);
  const least = new Map();
  for (const node of nodes) least.set(insideOf(node), Math.min(least.get(insideOf(node)) ?? Infinity, depth.get(node.id)));
  const columnOf = new Map(nodes.map((node) => [node.id, depth.get(node.id) - least.get(insideOf(node))]));
  const widths = widthsOf(nodes, columnOf, insideOf);
  const leftOf = (inside, column) => {
    let x = 0;
    for (let before = 0; before < column; before += 1) x += (widths.get(`${inside} ${before}`) ?? CARD_X) + STEP_X - CARD_X;
    return x;
  };
  const taken = new Map();
  return new Map(nodes.map((node) => {
    const inside = insideOf(node);
    const column = columnOf.get(node.id);
    const row = taken.get(`${inside} ${column}`) ?? 0;
    taken.set(`${inside} ${column}`, row + 1);
    const from = inside ? INNER : { x: 0, y: 200 };
    return [node.id, { x: from.x + leftOf(inside, column), y: from.y + row * STEP_Y }];
  }));
}

// Where nodes stand that a file says nothing about: in columns, each a step after what leads to it.
const STEP_X = 320;
const STEP_Y = 140;
const INNER = { x: 96, y: 64 };

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

export function columns(nodes, edges, insideOf) {
  const depth = depths(nodes, edges);
  const taken = new Map();
  const least = new Map();
  for (const node of nodes) least.set(insideOf(node), Math.min(least.get(insideOf(node)) ?? Infinity, depth.get(node.id)));
  return new Map(nodes.map((node) => {
    const inside = insideOf(node);
    const column = depth.get(node.id) - least.get(inside);
    const row = taken.get(`${inside} ${column}`) ?? 0;
    taken.set(`${inside} ${column}`, row + 1);
    const from = inside ? INNER : { x: 0, y: 200 };
    return [node.id, { x: from.x + column * STEP_X, y: from.y + row * STEP_Y }];
  }));
}

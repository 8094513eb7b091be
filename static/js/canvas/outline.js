// A flow as a nested list: what follows a node stands below it, what follows one of several ways stands inside that way,
// and where ways meet again the list goes on below all of them.

function reachedFrom(starts, after) {
  const found = [...starts];
  const seen = new Set(found);
  for (const id of found) {
    for (const target of after.get(id) ?? []) {
      if (seen.has(target)) continue;
      seen.add(target);
      found.push(target);
    }
  }
  return seen;
}

// Each after all that lead to it; nodes of a circle, which no flow may have, come last.
function inOrder(ids, after) {
  const waiting = new Map([...ids].map((id) => [id, 0]));
  for (const id of ids) for (const target of after.get(id) ?? []) if (waiting.has(target)) waiting.set(target, waiting.get(target) + 1);
  const order = [...ids].filter((id) => !waiting.get(id));
  for (const id of order) {
    for (const target of after.get(id) ?? []) {
      if (!waiting.has(target)) continue;
      waiting.set(target, waiting.get(target) - 1);
      if (!waiting.get(target)) order.push(target);
    }
  }
  return [...new Set([...order, ...ids])];
}

// The last node every way to a node comes through: "" where that is none.
function gates(order, before) {
  const gate = new Map();
  const place = new Map(order.map((id, index) => [id, index]));
  const above = (id) => (id ? gate.get(id) ?? "" : "");
  const common = (one, other) => {
    let [a, b] = [one, other];
    while (a !== b) {
      if (!a || !b) return "";
      if (place.get(a) > place.get(b)) a = above(a);
      else b = above(b);
    }
    return a;
  };
  for (const id of order) {
    const sources = (before.get(id) ?? []).filter((source) => place.has(source) && place.get(source) < place.get(id));
    gate.set(id, sources.length ? sources.reduce(common) : "");
  }
  return gate;
}

function grouped(pairs) {
  const found = new Map();
  for (const [key, value] of pairs) found.set(key, [...(found.get(key) ?? []), value]);
  return found;
}

// One level: `nodes` that stand side by side. Returns {sequence, unreached}.
function level(nodes, edges, { handlesOf, isStart, innerOf }) {
  const ids = new Set(nodes.map(({ id }) => id));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const ways = edges.filter(({ source, target }) => ids.has(source) && ids.has(target));
  const after = grouped(ways.map(({ source, target }) => [source, target]));
  const before = grouped(ways.map(({ source, target }) => [target, source]));
  const starts = nodes.filter(isStart).map(({ id }) => id);

  const build = (roots, members) => {
    const order = inOrder(members, after);
    const place = new Map(order.map((id, index) => [id, index]));
    const gate = gates(order, before);
    const below = grouped(order.map((id) => [gate.get(id), id]));
    const isDirect = (source, target) => gate.get(target) === source && (before.get(target) ?? []).filter((id) => members.has(id)).length === 1;
    const wayOf = (node, handle) => ways.filter((edge) => edge.source === node.id && (edge.sourceHandle || "source") === handle.id);

    const entry = (id) => {
      const node = byId.get(id);
      const handles = handlesOf(node);
      const known = new Set(handles.map((handle) => handle.id));
      // Connections of a way that the node has no more are shown all the same.
      const lost = ways.filter((edge) => edge.source === id && !known.has(edge.sourceHandle || "source")).map((edge) => ({ id: edge.sourceHandle || "source", label: null, isLost: true }));
      const all = [...handles, ...lost.filter((handle, index) => lost.findIndex((one) => one.id === handle.id) === index)];
      const isPlain = all.length === 1 && all[0].label === null && !all[0].isFailure && wayOf(node, all[0]).length < 2;
      return {
        id, isPlain, inner: innerOf(node),
        ways: all.map((handle) => {
          const targets = wayOf(node, handle).map(({ target }) => target);
          const nested = isPlain ? [] : targets.filter((target) => isDirect(id, target));
          const next = isPlain && targets.length === 1 && place.get(targets[0]) > place.get(id) && gate.get(targets[0]) === id;
          return { handle, targets, sequences: nested.map((target) => sequence([target])), links: next ? [] : targets.filter((target) => !nested.includes(target)) };
        }),
      };
    };

    const sequence = (first) => {
      const found = [];
      const open = [...first];
      while (open.length) {
        const id = open.shift();
        const made = entry(id);
        found.push(made);
        const nested = new Set(made.ways.flatMap((way) => way.sequences.map((one) => one[0].id)));
        open.unshift(...(below.get(id) ?? []).filter((next) => !nested.has(next)));
      }
      return found;
    };
    return sequence(below.get("") ?? roots);
  };

  const reached = reachedFrom(starts, after);
  const rest = new Set([...ids].filter((id) => !reached.has(id)));
  return { sequence: build(starts, reached), unreached: rest.size ? build([...rest], rest) : [] };
}

// `insideOf(node)`: the id of what it stands in, or ""; `isStart(node)`; `handlesOf(node)`: its ways out, see `catalogue.js`.
export function outline({ nodes, edges }, { insideOf, isStart, handlesOf }) {
  const ids = new Set(nodes.map(({ id }) => id));
  const here = grouped(nodes.map((node) => [ids.has(insideOf(node)) ? insideOf(node) : "", node]));
  const of = (id, isInner) => {
    const all = here.get(id) ?? [];
    const firsts = new Set(edges.map(({ target }) => target));
    const begins = all.some(isStart) || !isInner ? isStart : (node) => !firsts.has(node.id);
    return level(all, edges, { handlesOf, isStart: begins, innerOf: (node) => (here.has(node.id) ? of(node.id, true) : null) });
  };
  return of("", false);
}

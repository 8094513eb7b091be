// What each node has brought last; changed, pinned, gone on from.
export function mountInspector() {}

// Puts the nodes in order.
export function mountTidy() {}

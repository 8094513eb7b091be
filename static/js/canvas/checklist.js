// What keeps the flow from being published, and what to look at besides.
export function mountChecklist() {}

// Environment and conversation variables.
export function mountVariablesDrawer() {}

// The flow as a list: the other way to read and to write it.
export function mountListView() {}

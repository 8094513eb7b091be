// What was done, to go back to.
export function mountHistoryList() {}

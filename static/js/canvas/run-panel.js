// Runs of the draft: what goes in, what comes out, node by node.
export function mountRunPanel() {}

// The keys of the canvas.
export function mountKeys() {}

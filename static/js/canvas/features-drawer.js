// What the app does besides: opener, uploads, citations and the like.
export function mountFeaturesDrawer() {}

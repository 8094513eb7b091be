// To a node on the board or in the list. Where the dock covers both, it makes room.
import { dock } from "@/canvas/dock.js";
import { signals } from "@/canvas/signals.js";

const covers = matchMedia("(max-width: 860px)");

export function goTo(id) {
  if (covers.matches) dock.close();
  signals.goTo(id);
}

// The canvas page.
import { mountBar } from "@/canvas/bar.js";
import { board, mountBoard } from "@/canvas/board.js";
import { mountChecklist } from "@/canvas/checklist.js";
import { mountFeaturesDrawer } from "@/canvas/features-drawer.js";
import { mountHistoryList } from "@/canvas/history-list.js";
import { mountInspector } from "@/canvas/inspector.js";
import { mountKeys } from "@/canvas/keys.js";
import { mountListView } from "@/canvas/list-view.js";
import { mountPanel } from "@/canvas/panel.js";
import { mountPicker } from "@/canvas/picker.js";
import { mountRunPanel } from "@/canvas/run-panel.js";
import { mountTidy } from "@/canvas/tidy.js";
import { mountVariablesDrawer } from "@/canvas/variables-drawer.js";

mountBar();
mountTidy();
mountHistoryList();
mountListView();
mountChecklist();
mountVariablesDrawer();
mountFeaturesDrawer();
mountInspector();
mountRunPanel();
mountPanel();
mountBoard();
mountPicker(() => board.center());
mountKeys();
document.getElementById("canvas").dataset.ready = "";

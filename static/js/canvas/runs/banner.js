// Says that an earlier run is shown, and leads back to now.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { current } from "@/canvas/runs/current.js";
import { moment } from "@/canvas/runs/looks.js";

export function banner(className = "") {
  const text = h("span", { className: "grow" });
  const element = h("div", { className: `notice run-banner ${className}`, role: "status", hidden: true }, icon("history"), text,
    h("button", { className: "btn", type: "button", onclick: () => current.back() }, t("Back to now")));
  const show = () => {
    const { record, isReplay } = current;
    element.hidden = !isReplay;
    if (isReplay) text.textContent = t("You see the run of {time}.", { time: moment(record.created_at) });
  };
  current.addEventListener("change", show);
  show();
  return element;
}

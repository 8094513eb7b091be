// Says that an earlier run is shown, and leads back to now.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { current } from "@/canvas/runs/current.js";
import { moment } from "@/canvas/runs/looks.js";

function sentence({ created_at: seconds, version }) {
  const time = moment(seconds);
  return version ? t("You see the run of {time}, of version {number}.", { time, number: version }) : t("You see the run of {time}.", { time });
}

export function banner(className = "") {
  const text = h("span", { className: "grow" });
  const element = h("div", { className: `notice run-banner ${className}`, role: "status", hidden: true }, icon("history"), text,
    h("button", { className: "btn", type: "button", onclick: () => current.back() }, t("Back to now")));
  const show = () => {
    const { record, isReplay } = current;
    element.hidden = !isReplay;
    if (isReplay) text.textContent = sentence(record);
  };
  current.addEventListener("change", show);
  show();
  return element;
}

// What stands below the settings of a trigger: when a schedule is due next, where a webhook is called.
import { h, icon } from "@/core/dom.js";
import { toast } from "@/core/toast.js";
import { t } from "@/core/words.js";
import { draft } from "@/prompt/draft.js";
import { typeOf } from "@/canvas/catalogue.js";
import { nodeOf } from "@/canvas/graph.js";
import { copyButton, trouble } from "@/canvas/runs/looks.js";
import { addressOf, server } from "@/canvas/runs/server.js";
import { webhookTest } from "@/canvas/runs/webhook-test.js";

const PAUSE_MS = 400;
const has = (node, name) => name in (typeOf(node).schema.properties ?? {});

// The next moments of the schedule as it stands here, saved or not.
class NextTimes extends HTMLElement {
  #timer = 0;
  #asked = null;
  #onChange = () => {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), PAUSE_MS);
  };

  connectedCallback() {
    this.className = "trigger-times";
    this.list = h("div", { role: "status" });
    this.replaceChildren(this.heading = h("h3", {}, t("Next times")), this.list, h("p", { className: "help" }, t("It runs by itself once the app is published.")));
    draft.addEventListener("change", this.#onChange);
    this.#ask();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    draft.removeEventListener("change", this.#onChange);
  }

  async #ask() {
    const data = nodeOf(this.nodeId)?.data;
    if (!data || data === this.#asked) return;
    this.#asked = data;
    try {
      const { times, error } = await server.times(data);
      if (this.#asked === data) this.#show(times, error, data.timezone);
    } catch (problem) {
      this.list.replaceChildren(trouble(problem.message));
    }
  }

  // In the schedule's own time zone, as it is written there.
  #show(times, error, zone) {
    this.heading.textContent = t("Next times in {zone}", { zone: zone || "UTC" });
    if (error) return this.list.replaceChildren(h("div", { className: "notice warn" }, icon("triangle-alert"), h("span", {}, error)));
    if (!times.length) return this.list.replaceChildren(h("p", { className: "muted" }, t("It is never due.")));
    const format = new Intl.DateTimeFormat([], { dateStyle: "full", timeStyle: "short", timeZone: zoneOf(zone) });
    return this.list.replaceChildren(h("ol", { className: "times-list" }, times.map((time) => h("li", {}, h("time", { dateTime: time }, format.format(new Date(time)))))));
  }
}

function zoneOf(zone) {
  try {
    new Intl.DateTimeFormat([], { timeZone: zone || "UTC" });
    return zone || "UTC";
  } catch {
    return "UTC";
  }
}

customElements.define("next-times", NextTimes);

function nextTimes(id) {
  const element = document.createElement("next-times");
  element.nodeId = id;
  return element;
}

function addressField(label, url, id) {
  const box = h("input", { className: "input grow", id: `address-${id}`, readOnly: true, value: url, onfocus: () => box.select() });
  return h("div", { className: "field" }, h("label", { htmlFor: box.id }, label), h("div", { className: "row tight address" }, box, copyButton(() => url, t("Copy {name}", { name: label }))));
}

// Where a webhook is called, and its test.
function webhook(id) {
  const body = h("div", { className: "stack" }, h("p", { className: "muted", role: "status" }, t("Loading …")));
  const make = h("button", { className: "btn", type: "button", onclick: async () => {
    await server.prepare(id).catch((problem) => toast(problem.message, "bad"));
    await show();
    body.querySelector("summary, button")?.focus();
  } }, icon("link"), t("Make a test address"));
  const show = async () => {
    try {
      await draft.save();
      const found = await server.addresses(id);
      body.replaceChildren(...(found.url ? known(id, found) : unknown(make)));
    } catch (problem) {
      body.replaceChildren(trouble(problem.message));
    }
  };
  show();
  return h("div", { className: "trigger-address" }, h("h3", {}, t("Its address")), body);
}

const help = (sentence) => h("p", { className: "help" }, sentence);
const unknown = (make) => [help(t("It gets its address when the app is published; a test address can be made before.")), h("div", { className: "row tight" }, make)];

function known(id, found) {
  const says = found.is_live ? t("The published app answers there; the test address runs the draft.") : t("The address answers once the app is published; the test address runs the draft.");
  return [
    addressField(t("Address"), found.url, `live-${id}`), addressField(t("Test address"), found.debug_url, `test-${id}`), help(says), webhookTest(id, found),
    h("a", { className: "run-link", href: addressOf.triggers }, t("Secret and new addresses on the triggers page")),
  ];
}

// What the settings of this node want below them; null where it is no trigger.
export function triggerExtras(id) {
  const node = nodeOf(id);
  if (!node || typeOf(node).family !== "begin") return null;
  if (has(node, "cron_expression")) return nextTimes(id);
  return has(node, "status_code") && has(node, "method") ? webhook(id) : null;
}

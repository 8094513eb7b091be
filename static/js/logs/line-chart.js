// <line-chart data-decimals="1"> draws the table inside it: days, and numbers in `data-value`. The table stays for
// those who do not see the drawing, and for everybody without scripts.
import { uPlot } from "charts";
import { h } from "@/core/dom.js";

const HEIGHT = 160;

class LineChart extends HTMLElement {
  #plot;
  #watch;

  connectedCallback() {
    const rows = [...this.querySelectorAll("tbody tr")];
    this.days = rows.map((row) => Date.parse(`${row.querySelector("time").dateTime}T00:00Z`) / 1000);
    this.values = rows.map((row) => {
      const { value } = row.querySelector("[data-value]").dataset;
      return value === "" ? null : Number(value);
    });
    this.format = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: Number(this.dataset.decimals) });
    this.short = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact", maximumFractionDigits: 1 });
    this.date = new Intl.DateTimeFormat(document.documentElement.lang, { day: "numeric", month: "short", timeZone: "UTC" });
    this.box = h("div", { className: "drawing", "aria-hidden": "true" });
    this.note = h("p", { className: "chart-note muted", "aria-hidden": "true" });
    this.prepend(this.note, this.box);
    this.#draw();
    this.#watch = new ResizeObserver(() => this.#plot.setSize({ width: this.box.clientWidth, height: HEIGHT }));
    this.#watch.observe(this.box);
    // Canvases know no custom properties: another theme is another drawing.
    this.themes = new MutationObserver(() => this.#redraw());
    this.themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.scheme.addEventListener("change", this.#redraw);
  }

  disconnectedCallback() {
    this.#watch.disconnect();
    this.themes.disconnect();
    this.scheme.removeEventListener("change", this.#redraw);
    this.#plot.destroy();
  }

  #redraw = () => {
    this.#plot.destroy();
    this.#draw();
  };

  #draw() {
    const { color, borderTopColor: line, outlineColor: text } = getComputedStyle(this);
    const axis = { stroke: text, font: "12px system-ui", ticks: { show: false }, grid: { stroke: line, width: 1 } };
    const lonely = this.days.length === 1 || this.values.filter((value) => value !== null).length < 3;
    this.#plot = new uPlot({
      width: this.box.clientWidth || 300, height: HEIGHT, padding: [8, 20, 0, 0], legend: { show: false }, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 8 } },
      scales: { x: { range: (_, low, high) => (low === high ? [low - 86_400, high + 86_400] : [low, high]) }, y: { range: (_, low, high) => [0, Math.max(high ?? 0, 1) * 1.1] } },
      axes: [
        { ...axis, grid: { show: false }, space: 64, incrs: [1, 2, 3, 7, 14, 30, 61, 91, 182, 365].map((days) => days * 86_400), values: (_, ticks) => ticks.map((tick) => this.date.format(tick * 1000)) },
        { ...axis, size: 48, space: 26, values: (_, ticks) => ticks.map((tick) => this.short.format(tick)) },
      ],
      series: [{}, { stroke: color, width: 2, fill: `color-mix(in srgb, ${color} 12%, transparent)`, points: { show: lonely, size: 7, fill: color } }],
      hooks: { setCursor: [({ cursor: { idx } }) => this.#say(idx)] },
    }, [this.days, this.values], this.box);
    this.#say(null);
  }

  #say(index) {
    const value = index == null ? null : this.values[index];
    this.note.textContent = index == null ? "\u00a0" : `${this.date.format(this.days[index] * 1000)}: ${value === null ? "–" : this.format.format(value)}`;
  }
}
customElements.define("line-chart", LineChart);

// The passages an answer rests on.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";

// Where the console keeps the knowledge, for members who may look into it; public pages do not say.
const shelf = () => document.querySelector("chat-pane[knowledge]")?.getAttribute("knowledge");

function opener({ dataset_id: dataset, document_id: paper, segment_id: segment, data_source_type: kind }) {
  if (!shelf() || !segment || kind === "external") return null;
  const href = `${shelf()}${dataset}/documents/${paper}?segment=${segment}#segment-${segment}`;
  return h("a", { href, target: "_blank", rel: "noopener" }, t("Open the segment"));
}

function source(resource) {
  const score = typeof resource.score === "number" ? h("span", { className: "score", title: t("Relevance") }, resource.score.toFixed(2)) : null;
  const page = resource.page ? h("span", { className: "muted" }, t("page {page}", { page: resource.page })) : null;
  return h("details", {},
    h("summary", {}, h("span", { className: "n" }, `[${resource.position}]`), h("span", { className: "grow clip" }, resource.document_name), page, score, icon("chevron-down")),
    h("blockquote", { className: "passage", tabIndex: 0 }, resource.content),
    opener(resource));
}

export function citations(resources) {
  return h("section", { className: "cites", "aria-label": t("Sources") }, h("h3", {}, t("Sources")), resources.map(source));
}

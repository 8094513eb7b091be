// Which files users may send along: `file_upload`, in the shape of today and, for pictures, in the old one beside it.
import { h } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { field, input, select } from "@/prompt/fields.js";

const KINDS = [["image", t("Pictures")], ["document", t("Documents")], ["audio", t("Audio")], ["video", t("Video")], ["custom", t("Others")]];
const WAYS = [["both", t("From the device or by link")], ["local_file", t("From the device")], ["remote_url", t("By link")]];
const METHODS = ["local_file", "remote_url"];
const DEFAULT_COUNT = 3;
const MOST = 10;

const listOf = (value) => (Array.isArray(value) ? value : []);
const orElse = (list, other) => (list.length ? list : other);

// What counts, whichever shape the file has.
export function rulesOf({ file_upload: upload }) {
  const image = upload?.image ?? {};
  return {
    enabled: upload?.enabled === true || image.enabled === true,
    types: orElse(listOf(upload?.allowed_file_types), ["image"]),
    extensions: listOf(upload?.allowed_file_extensions),
    methods: orElse(listOf(upload?.allowed_file_upload_methods), orElse(listOf(image.transfer_methods), METHODS)),
    count: upload?.number_limits || image.number_limits || DEFAULT_COUNT,
    detail: image.detail ?? "high",
  };
}

export const hasUpload = (features) => rulesOf(features).enabled;

// The changed part of the features.
function changed(features, changes) {
  const rules = { ...rulesOf(features), ...changes };
  const upload = features.file_upload ?? {};
  const image = { ...upload.image, enabled: rules.enabled && rules.types.includes("image"), number_limits: rules.count, transfer_methods: rules.methods, detail: rules.detail };
  const file_upload = { ...upload, enabled: rules.enabled, allowed_file_types: rules.types, allowed_file_extensions: rules.extensions, allowed_file_upload_methods: rules.methods, number_limits: rules.count, image };
  return { file_upload };
}

export const turnUpload = (features, enabled) => changed(features, { enabled });

const extensionsIn = (text) => [...new Set(text.split(/[\s,;]+/).filter(Boolean).map((one) => (one.startsWith(".") ? one : `.${one}`)))];

export function uploads(features, write) {
  const rules = rulesOf(features);
  const set = (changes) => write(changed(features, changes));
  const way = rules.methods.length > 1 ? "both" : rules.methods[0];
  const kinds = KINDS.map(([key, label]) => {
    const isOn = rules.types.includes(key);
    const turn = ({ target }) => set({ types: target.checked ? [...rules.types, key] : rules.types.filter((one) => one !== key) });
    // The last one stays: none at all would mean pictures.
    return h("label", { className: "check row tight" }, h("input", { type: "checkbox", checked: isOn, disabled: isOn && rules.types.length === 1, "data-key": `upload-${key}`, onchange: turn }), label);
  });
  const endings = input({ value: rules.extensions.join(" "), placeholder: ".epub .dwg", spellcheck: false, maxLength: 300, "data-key": "upload-extensions", onchange: ({ target }) => set({ extensions: extensionsIn(target.value) }) });
  const detail = select([["auto", t("Automatic")], ["low", t("Low")], ["high", t("High")]], rules.detail, { "data-key": "upload-detail", onchange: ({ target }) => set({ detail: target.value }) });
  return [
    h("fieldset", { className: "plain" }, h("legend", { className: "legend" }, t("Kinds of files")), h("div", { className: "row" }, kinds)),
    rules.types.includes("custom") ? field(t("Endings of the others"), endings, t("Separated by blanks.")) : null,
    field(t("Where they come from"), select(WAYS, way, { "data-key": "upload-way", onchange: ({ target }) => set({ methods: target.value === "both" ? METHODS : [target.value] }) })),
    field(t("Files at a time"), input({ type: "number", min: 1, max: MOST, value: rules.count, "data-key": "upload-count", onchange: ({ target }) => set({ count: Math.min(MOST, Math.max(1, Math.round(Number(target.value)) || DEFAULT_COUNT)) }) })),
    rules.types.includes("image") ? field(t("Detail of pictures"), detail, t("High reads small print and costs more.")) : null,
  ];
}

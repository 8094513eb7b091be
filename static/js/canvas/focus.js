// Whether keys belong to something else than the flow: a field, an editor, a dialog, a sheet.
const FIELDS = "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable=true], [contenteditable=''], .cm-editor, [role=menu], .menu[open]";

const isCovered = () => document.querySelector("dialog[open], :popover-open") !== null;

export const isElsewhere = (target) => isCovered() || Boolean(target?.closest?.(FIELDS));

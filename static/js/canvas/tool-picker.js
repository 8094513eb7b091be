// Which tool a node uses, and what it is given: `tool_parameters` and `tool_configurations` as files have them.
import { h, icon } from "@/core/dom.js";
import { t } from "@/core/words.js";
import { redraw } from "@/prompt/fields.js";
import { page } from "@/prompt/page.js";
import { ask } from "@/prompt/server.js";
import { openChooser } from "@/canvas/chooser.js";
import { plainWidgets, parameterField, settingField } from "@/canvas/tool-parameters.js";

// What editors noted down of the tool that was chosen before.
const OF_THE_OTHER = ["credential_id", "is_team_authorization", "output_schema", "paramSchemas", "params", "plugin_unique_identifier", "tool_description", "tool_node_version"];
const GROUPS = [["builtin", t("Come with the product"), "wrench"], ["workflow", t("Workflows of this workspace"), "git-branch"]];

let asked = null;

// All tools; asked for once, and again where that failed.
function load() {
  asked ??= ask(page.urls.tools).then(({ tools }) => tools).catch((error) => {
    asked = null;
    throw error;
  });
  return asked;
}

const shortName = (provider) => (provider ?? "").split("/").at(-1);

function toolOf(tools, data) {
  const providers = [data.provider_id, data.provider_name].map(shortName).filter(Boolean);
  const isMeant = data.provider_type === "workflow" ? () => true : (tool) => tool.tool_name === data.tool_name;
  return tools.find((tool) => (tool.provider_type === "workflow") === (data.provider_type === "workflow") && providers.includes(tool.provider_id) && isMeant(tool));
}

// The settings with another tool: parameters of the same names stay, its own settings begin as they are meant to.
export function withTool(data, tool) {
  const kept = Object.fromEntries(Object.entries(data).filter(([key]) => !OF_THE_OTHER.includes(key)));
  const own = (isSetting) => tool.parameters.filter((one) => one.is_setting === isSetting);
  const settings = own(true).filter((one) => "default" in one).map((one) => [one.name, one.default]);
  const parameters = own(false).filter((one) => data.tool_parameters?.[one.name] !== undefined).map((one) => [one.name, data.tool_parameters[one.name]]);
  return {
    ...kept, provider_id: tool.provider_id, provider_type: tool.provider_type, provider_name: tool.provider_name, tool_name: tool.tool_name, tool_label: tool.label,
    tool_configurations: Object.fromEntries(settings), tool_parameters: Object.fromEntries(parameters),
  };
}

function choose(anchor, tools, take) {
  const fits = (tool, words) => words.every((word) => `${tool.label} ${tool.tool_name} ${tool.provider_name} ${tool.description}`.toLowerCase().includes(word));
  const groups = (words) => GROUPS.map(([type, label, sign]) => [label, tools.filter((tool) => tool.provider_type === type && fits(tool, words))
    .map((tool) => ({ name: tool.label, about: tool.description || tool.provider_name, sign, family: "outside", choose: () => take(tool) }))]);
  openChooser(anchor, { label: t("Choose a tool"), placeholder: t("Search tools"), none: t("No tool has this name. Try another word."), groups });
}

const notice = (text, kind = "warn") => h("p", { className: `notice ${kind}` }, icon("triangle-alert"), h("span", {}, text));

const signOf = ({ provider_type: type }) => GROUPS.find(([key]) => key === type)?.[2] ?? "wrench";

function chosen(data, tool) {
  const name = tool?.label || data.tool_label || data.tool_name;
  return name ? [icon(signOf(data)), h("span", { className: "grow clip" }, name)] : [icon("wrench"), h("span", { className: "grow" }, t("Choose a tool"))];
}

function fields(data, tool, put, widgets) {
  const set = (key, name, value, options) => put((now) => ({ ...now, [key]: { ...now[key], [name]: value } }), options);
  const draw = (parameter) => (parameter.is_setting
    ? settingField(parameter, data.tool_configurations?.[parameter.name], (value, options) => set("tool_configurations", parameter.name, value, options))
    : parameterField(parameter, data.tool_parameters?.[parameter.name], (value, options) => set("tool_parameters", parameter.name, value, options), widgets));
  // What changes from run to run comes first.
  return [false, true].flatMap((isSetting) => tool.parameters.filter((one) => one.is_setting === isSetting).map(draw));
}

// An element for a node's settings. `write(change, options)`: `change` gets `data` and returns what stands in its place, as
// with `setData` of graph.js. `widgets` may bring {template, variable}: see tool-parameters.js.
export function toolField(data, write, widgets = plainWidgets) {
  const host = h("div", { className: "tool-field" });
  let current = data;
  const put = (change, options) => {
    current = change(current);
    write(change, options);
  };
  const take = (tools) => (tool) => {
    put((now) => withTool(now, tool), { label: t("{name} chosen", { name: tool.label }) });
    draw(tools);
    host.querySelector(".tool-button").focus();
  };

  function draw(tools) {
    const tool = tools && toolOf(tools, current);
    const button = h("button", { className: "btn tool-button", type: "button", "data-key": "tool", disabled: !tools, "aria-haspopup": "dialog", "aria-label": t("Tool: {name}", { name: tool?.label || current.tool_label || current.tool_name || t("none") }), onclick: () => choose(button, tools, take(tools)) }, chosen(current, tool), icon("chevron-down"));
    const isGone = tools && !tool && current.tool_name;
    redraw(host, button, tool?.description ? h("p", { className: "muted" }, tool.description) : null,
      isGone ? notice(t("This tool is not there: it is not installed, or the workflow is not published. Choose another one.")) : null, tool ? fields(current, tool, put, widgets) : null);
  }

  function start() {
    draw(null);
    load().then(draw, (error) => host.append(notice(error.message, "bad"), h("div", {}, h("button", { className: "btn", type: "button", onclick: start }, t("Try again")))));
  }

  start();
  return host;
}

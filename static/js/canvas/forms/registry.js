// The parts of forms by the name that settings know them by: each draws the slot it is given.
import { assignments } from "@/canvas/forms/assignments.js";
import { cases } from "@/canvas/forms/cases.js";
import { choices } from "@/canvas/forms/choices.js";
import { code, jinja2 } from "@/canvas/forms/code.js";
import { conditions, itemConditions } from "@/canvas/forms/conditions.js";
import { datasets } from "@/canvas/forms/datasets.js";
import { formDefault } from "@/canvas/forms/form-default.js";
import { httpBody } from "@/canvas/forms/http-body.js";
import { json } from "@/canvas/forms/json.js";
import { method } from "@/canvas/forms/method.js";
import { model } from "@/canvas/forms/model.js";
import { number } from "@/canvas/forms/number.js";
import { object } from "@/canvas/forms/object.js";
import { options } from "@/canvas/forms/options.js";
import { outputs } from "@/canvas/forms/outputs.js";
import { pairs } from "@/canvas/forms/pairs.js";
import { rerank, weights } from "@/canvas/forms/ranking.js";
import { rows } from "@/canvas/forms/rows.js";
import { schedule, timezone } from "@/canvas/forms/schedule.js";
import { selectors } from "@/canvas/forms/selectors.js";
import { several } from "@/canvas/forms/several.js";
import { onOff } from "@/canvas/forms/switch.js";
import { template } from "@/canvas/forms/template.js";
import { text } from "@/canvas/forms/text.js";
import { texts } from "@/canvas/forms/texts.js";
import { tool } from "@/canvas/forms/tool.js";
import { value } from "@/canvas/forms/value.js";
import { variable } from "@/canvas/forms/variable.js";
import { kindOf } from "@/canvas/forms/schema.js";

const WIDGETS = {
  assignments, cases, choices, code, conditions, datasets, form_default: formDefault, http_body: httpBody, item_conditions: itemConditions, jinja2, json,
  method, model, number, object, options, outputs, pairs, rerank, rows, schedule, selectors, several, switch: onOff, template, text, texts, timezone, tool,
  value, variable, weights,
};

// What nobody knows how to draw is shown as JSON, so that nothing of a file is out of reach.
export const draw = (slot) => (WIDGETS[kindOf(slot.property)] ?? json)(slot);

// The app's variables as forms and files use them, from the API's list of one-key objects (service API 6.5).
const whole = (value) => (Number.isInteger(Number(value)) && Number(value) > 0 ? Number(value) : null);

function field(kind, { variable, label, required, max_length: longest, default: preset, options, ...more }) {
  const name = String(variable);
  return { ...more, kind, name, label: label || name, required: Boolean(required), max_length: whole(longest), default: preset ?? null, options: (options ?? []).map(String) };
}

export function fieldsOf({ user_input_form: form }) {
  return form.flatMap(Object.entries).filter(([, entry]) => entry?.variable).map(([kind, entry]) => field(kind, entry));
}

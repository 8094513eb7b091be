// What GET /api/parameters says, as the chat pane and its form take it.
const LABELLED = ({ variable, label }) => label || variable;

export function fieldsOf(parameters) {
  return parameters.user_input_form.flatMap((item) => Object.entries(item)).map(([kind, field]) => ({
    ...field,
    kind,
    name: field.variable,
    label: LABELLED(field),
    required: Boolean(field.required),
    options: field.options ?? [],
  }));
}

// The limits of pictures that may be sent with a question; null where none may.
export function imagesOf({ file_upload: upload = {}, system_parameters: limits = {} }) {
  const images = upload.image ?? {};
  const takesAny = upload.enabled && (upload.allowed_file_types ?? []).includes("image");
  const methods = images.transfer_methods ?? upload.allowed_file_upload_methods ?? ["local_file"];
  if (!(images.enabled || takesAny) || !methods.includes("local_file")) return null;
  return { limitMb: Number(limits.image_file_size_limit ?? 10), most: Number(upload.number_limits ?? images.number_limits ?? 3) };
}

export function paneSettings({ mode, placeholder, parameters, shows_steps: showsSteps }) {
  const speech = parameters.text_to_speech ?? {};
  return {
    mode,
    placeholder,
    showsSteps,
    asksFirst: true,
    form: fieldsOf(parameters),
    opening_statement: parameters.opening_statement ?? "",
    suggested_questions: parameters.suggested_questions ?? [],
    features: {
      images: imagesOf(parameters),
      hearing: Boolean(parameters.speech_to_text?.enabled),
      speaking: Boolean(speech.enabled),
      speaksItself: speech.autoPlay === "enabled",
      suggestions: Boolean(parameters.suggested_questions_after_answer?.enabled),
    },
  };
}

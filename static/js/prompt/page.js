// What the server says about the app and what may be chosen for it.
export const page = JSON.parse(document.getElementById("orchestrate-data").textContent);

const GENERATOR = "completion";
export const isChat = page.app.mode !== GENERATOR;
export const nonce = document.querySelector('script[type="importmap"]').nonce;

const defaultModel = page.models.find((model) => model.is_default);

// `langgenius/openai/openai` is `openai`.
const shortName = (provider) => (provider ?? "").split("/").at(-1);

// The model an app runs on: `model` is null where the workspace does not have it.
export function modelOf(config) {
  const { provider, name } = config.model ?? {};
  if (!name) return { model: defaultModel ?? null, isDefault: true };
  return { model: page.models.find((one) => one.name === name && one.provider === shortName(provider)) ?? null, isDefault: false };
}

// "completion" for models that take one text.
export function modeOf(config) {
  return modelOf(config).model?.mode ?? config.model?.mode ?? "chat";
}

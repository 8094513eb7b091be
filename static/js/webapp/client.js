// The browser API as an app's page calls it: with the visitor's passport, renewed once where it is refused, and errors
// that carry a sentence for people.
//
//   const client = new Client({ code, mode, userId });
//   await client.get("conversations", { limit: 20 });
//   client.run({ query, inputs, conversation_id, files }, { receive(event) {}, restart() {} });
import { t } from "@/core/words.js";
import { Passport } from "@/webapp/passport.js";
import { SiteRuns } from "@/webapp/site-runs.js";

export class ApiError extends Error {
  constructor(message, { code = "", status = 0 } = {}) {
    super(message);
    Object.assign(this, { code, status });
  }
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(`/api/${path}`, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(t("The server cannot be reached. Check your connection and try again."), { code: "unreachable" });
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new ApiError(body.message ?? t("Something went wrong. Please try again."), { code: body.code, status: response.status });
}

async function askPassport(code, userId) {
  const query = userId ? `?${new URLSearchParams({ user_id: userId })}` : "";
  const response = await send(`passport${query}`, { headers: { "X-App-Code": code } });
  return (await response.json()).access_token;
}

export class Client {
  #runs;

  constructor({ code, mode, userId = "" }) {
    Object.assign(this, { code, mode, userId });
    this.passport = new Passport(this, () => askPassport(code, userId));
  }

  get(path, query) {
    return this.#json("GET", path, { query });
  }

  post(path, body) {
    return this.#json("POST", path, { body: body ?? {} });
  }

  patch(path, body) {
    return this.#json("PATCH", path, { body: body ?? {} });
  }

  delete(path) {
    return this.#json("DELETE", path, {});
  }

  // A file goes as the multipart field `file`.
  upload(path, file, name = file.name) {
    const body = new FormData();
    body.append("file", file, name);
    return this.#json("POST", path, { body });
  }

  async blob(path, body) {
    return (await this.fetch("POST", path, { body })).blob();
  }

  // The answer itself; raises ApiError for any that is not 2xx.
  async fetch(method, path, { query, body, signal } = {}) {
    const isForm = body instanceof FormData;
    const address = query ? `${path}?${new URLSearchParams(Object.entries(query).filter(([, value]) => value != null))}` : path;
    const attempt = (token) => send(address, {
      method, signal,
      headers: { Authorization: `Bearer ${token}`, ...(body && !isForm ? { "Content-Type": "application/json" } : {}) },
      body: body && !isForm ? JSON.stringify(body) : body,
    });
    try {
      return await attempt(await this.passport.token());
    } catch (error) {
      if (error.status !== 401) throw error;
      return attempt(await this.passport.renew());
    }
  }

  // Turns of the app: over a websocket where one can be opened, else as server-sent events.
  get runs() {
    this.#runs ??= new SiteRuns(this);
    return this.#runs;
  }

  run(message, reader) {
    this.runs.start(message, reader);
  }

  async #json(method, path, options) {
    const response = await this.fetch(method, path, options);
    return response.status === 204 ? null : response.json().catch(() => null);
  }
}

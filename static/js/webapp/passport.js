// Who a visitor is to the app's page: kept by the browser for each page, and for each person an embedding site names.
import { local } from "@/core/storage.js";

export class Passport {
  #key;
  #ask;
  #asking = null;

  // `ask()` fetches a new one.
  constructor({ code, userId }, ask) {
    this.#key = `passport:${code}:${userId}`;
    this.#ask = ask;
  }

  async token() {
    return local.get(this.#key) ?? this.renew();
  }

  // A new one, whatever is kept; those who want one at the same time get the same.
  renew() {
    this.#asking ??= this.#ask()
      .then((token) => {
        local.set(this.#key, token);
        return token;
      })
      .finally(() => { this.#asking = null; });
    return this.#asking;
  }
}

// Who a visitor is to the app's page: kept by the browser for each page, and for each person an embedding site names.
const kept = new Map(); // for browsers that deny storage to pages in frames

function remembered(key) {
  try {
    return localStorage.getItem(key) ?? kept.get(key);
  } catch {
    return kept.get(key);
  }
}

function remember(key, token) {
  kept.set(key, token);
  try {
    localStorage.setItem(key, token);
  } catch { /* then for as long as the page is open */ }
}

export class Passport {
  #key;
  #code;
  #userId;
  #asking;

  constructor(code, userId = "") {
    this.#code = code;
    this.#userId = userId;
    this.#key = `passport:${code}:${userId}`;
  }

  async token() {
    return remembered(this.#key) ?? this.renew();
  }

  // A new one, whatever is kept; those who ask at the same time get the same. `ask(code, userId)` fetches it.
  renew() {
    this.#asking ??= this.ask(this.#code, this.#userId)
      .then((token) => {
        remember(this.#key, token);
        return token;
      })
      .finally(() => { this.#asking = null; });
    return this.#asking;
  }
}

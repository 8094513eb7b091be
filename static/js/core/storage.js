// What the browser keeps for a page. Browsers may deny it to pages in frames: then it lasts as long as the page does.
const fallback = new Map();

class Shelf {
  #area;

  constructor(area) {
    this.#area = area;
  }

  get(key) {
    try {
      return window[this.#area].getItem(key) ?? fallback.get(key) ?? null;
    } catch {
      return fallback.get(key) ?? null;
    }
  }

  set(key, value) {
    fallback.set(key, value);
    try {
      window[this.#area].setItem(key, value);
    } catch { /* see above */ }
  }

  delete(key) {
    fallback.delete(key);
    try {
      window[this.#area].removeItem(key);
    } catch { /* see above */ }
  }
}

export const local = new Shelf("localStorage"); // for the next visits
export const session = new Shelf("sessionStorage"); // for this tab

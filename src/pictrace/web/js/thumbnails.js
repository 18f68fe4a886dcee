/**
 * Loads the wall's thumbnails: what is nearest to the middle first, few at a time, nothing while the wall flies past.
 *
 * @typedef {{image: HTMLImageElement, cell: HTMLElement, url: string, state: "" | "loading" | "shown" | "broken"}} Slot
 */

// Browsers open six connections to a server of HTTP/1.1, and the page's own questions need one of them.
const AT_ONCE = 5;

export class Thumbnails {
  #loading = new Set();
  /** @type {Slot[]} */
  #waiting = [];

  /** Gives a recycled slot another picture; whatever it was loading is broken off. @param {Slot} slot @param {string} url */
  assign(slot, url) {
    if (slot.url === url) return;
    this.clear(slot);
    slot.url = url;
  }

  /** @param {Slot} slot */
  clear(slot) {
    if (slot.state === "loading") this.#loading.delete(slot);
    if (slot.state) {
      slot.image.removeAttribute("src");
      slot.cell.classList.remove("is-shown", "is-late", "is-broken");
      slot.state = "";
    }
    slot.url = "";
  }

  /** Loads these, in this order, and none that was asked for before and has not begun. @param {Slot[]} slots */
  want(slots) {
    this.#waiting = slots.filter((slot) => slot.url && !slot.state).reverse();
    this.#next();
  }

  /** Begins nothing more until it is asked again. */
  hold() {
    this.#waiting = [];
  }

  #next() {
    while (this.#loading.size < AT_ONCE && this.#waiting.length) {
      const slot = this.#waiting.pop();
      if (slot.url && !slot.state) this.#load(slot);
    }
  }

  #load(slot) {
    const { url, image, cell } = slot;
    const began = performance.now();
    this.#loading.add(slot);
    slot.state = "loading";
    const end = (state) => {
      if (slot.url !== url || slot.state !== "loading") return;
      slot.state = state;
      this.#loading.delete(slot);
      // What comes from the cache is simply there; only what was waited for fades in.
      if (state === "shown" && performance.now() - began > 60) cell.classList.add("is-late");
      cell.classList.add(`is-${state}`);
      this.#next();
    };
    image.onload = () => end("shown");
    image.onerror = () => end("broken");
    image.src = url;
  }
}

/** One picture: large, with everything that is known of it, and its neighbours in the library. */

import { h, fill } from "./dom.js";
import { bind } from "./keyboard.js";
import { icon } from "./libraryicons.js";
import { factsOf } from "./picturefacts.js";
import { forget, home, keptOrder, libraryHash, readOrder, SORTS } from "./order.js";
import { removalOf } from "./removal.js";
import { may, nameOf, sentence } from "./words.js";

// What every browser of today shows, and how many bytes one is not asked about.
const SHOWN = new Set(["JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP"]);
const UNASKED_BYTES = 12_000_000;
// Longer than who only leafs through looks at one.
const STAYED_MS = 500;

/** @param {HTMLElement} root @param {any} app @param {{id: string}} params @returns {() => void} */
export function mount(root, app, params) {
  const view = new Picture(root, app, Number(params.id));
  return () => view.close();
}

class Picture {
  #ending = new AbortController();
  #asking = new AbortController();

  constructor(root, app, id) {
    this.app = app;
    this.id = id;
    this.removal = removalOf(app);
    this.element = h("section", { class: "picture-view" });
    root.append(this.element);
    const unbind = bind("picture.keys", [
      { key: "ArrowLeft", shown: "←", says: "picture.previous", run: () => this.step(-1) },
      { key: "ArrowRight", shown: "→", says: "picture.next", run: () => this.step(1) },
      { key: "s", says: "library.search_with", run: () => app.navigate(`#/search?id=${this.id}`) },
      { key: "Delete", says: "library.delete", isOpen: () => may(app, "delete"), run: () => this.remove() },
      { key: "Escape", says: "picture.back", run: () => app.navigate(this.#back()) },
    ]);
    this.#ending.signal.addEventListener("abort", unbind);
    this.#ending.signal.addEventListener("abort", app.on("info", () => this.show(this.id)));
    this.removal.addEventListener("change", () => this.#hidden(), { signal: this.#ending.signal });
    window.scrollTo({ top: 0, behavior: "instant" });
    this.show(id);
  }

  close() {
    this.#ending.abort();
    this.#asking.abort();
    this.element.remove();
  }

  /** Shows a picture in place of the one before. @param {number} id */
  async show(id) {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    this.id = id;
    try {
      const record = await this.app.api.get(`${home(this.app)}/images/${id}`, { signal });
      this.#draw(record, signal);
      document.title = `${nameOf(this.app, record)} · PicTrace`;
      const order = await this.#order(signal);
      if (!signal.aborted) this.#place(order);
    } catch (problem) {
      if (!signal.aborted) this.#fail(problem);
    }
  }

  /** Shows the next or the previous picture of the library. @param {1 | -1} by */
  step(by) {
    const id = this.#neighbour(by);
    if (id === null) return;
    history.replaceState(history.state, "", `#/picture/${id}`);
    const focused = document.activeElement?.dataset?.step;
    this.show(id).then(() => {
      if (focused) this.element.querySelector(`[data-step="${focused}"]`)?.focus();
      this.app.announce(this.element.querySelector("h1")?.textContent ?? "");
    });
  }

  /** Deletes the picture, and goes on to the next one. */
  remove() {
    const { id } = this;
    const to = this.#neighbour(1) ?? this.#neighbour(-1);
    this.removal.remove([id]);
    if (to === null) this.app.navigate(libraryHash(keptOrder() ?? {}), { replace: true });
    else {
      history.replaceState(history.state, "", `#/picture/${to}`);
      this.show(to);
    }
  }

  #neighbour(by) {
    const order = keptOrder();
    const place = order ? order.ids.indexOf(this.id) : -1;
    if (place < 0) return null;
    for (let at = place + by; at >= 0 && at < order.ids.length; at += by) {
      if (!this.removal.hidden.has(order.ids[at])) return order.ids[at];
    }
    return null;
  }

  /** The order the library was left in; the usual one if it was not seen, or does not hold this picture. */
  async #order(signal) {
    const kept = keptOrder();
    if (kept && kept.ids.includes(this.id)) return kept;
    return readOrder(this.app, { sort: SORTS[0], filter: "", signal });
  }

  #back() {
    const order = keptOrder();
    return libraryHash({ sort: order?.sort, filter: order?.filter, at: this.id });
  }

  #hidden() {
    if (this.#gone) fill(this.#gone, this.removal.hidden.has(this.id) ? this.app.t("picture.deleted") : "");
  }

  #gone = null;

  #draw(record, signal) {
    const { app } = this;
    const { t } = app;
    this.#gone = h("p", { class: "picture-gone", role: "status" });
    this.places = h("p", { class: "picture-place" });
    this.before = this.#stepper("previous", "back", -1);
    this.after = this.#stepper("next", "forward", 1);
    fill(this.element,
      h("nav", { class: "picture-nav", "aria-label": t("picture.neighbours") },
        h("a", { class: "button bare", href: this.#back() }, icon("back"), h("span", null, t("picture.back"))),
        this.places, h("span", { class: "picture-steps" }, this.before, this.after)),
      h("div", { class: "picture-body" },
        h("figure", { class: "picture-stage" }, this.#image(record, signal)),
        h("div", { class: "picture-words" },
          h("h1", { tabindex: "-1" }, nameOf(app, record)), this.#gone, this.#deeds(record), factsOf(app, record))));
    this.#hidden();
  }

  #stepper(step, drawing, by) {
    // i18n: picture.previous picture.next
    const label = this.app.t(`picture.${step}`);
    return h("button", { type: "button", class: "icon-button", dataset: { step }, "aria-label": label, title: label,
      disabled: true, onclick: () => this.step(by) }, icon(drawing));
  }

  #place(order) {
    const place = order.ids.indexOf(this.id);
    this.before.disabled = this.#neighbour(-1) === null;
    this.after.disabled = this.#neighbour(1) === null;
    if (place >= 0) {
      fill(this.places, this.app.t("library.position", { place: place + 1, count: order.ids.length }));
    }
    for (const by of [1, -1]) {
      const id = this.#neighbour(by);
      if (id !== null) new Image().src = this.app.api.url(`${home(this.app)}/images/${id}/proxy`);
    }
  }

  #image(record, signal) {
    const { app } = this;
    const { width, height } = record;
    const image = h("img", { class: "picture-large", width, height, decoding: "async",
      alt: app.t("library.tile_named", { name: nameOf(app, record), width, height }),
      src: app.api.url(record.links.proxy) });
    image.style.setProperty("--ratio", String(width / height));
    image.style.setProperty("--own", `${Math.max(width * 1.5, 320)}px`);
    image.addEventListener("error", () => image.classList.add("is-broken"), { signal });
    if (SHOWN.has(record.format) && record.size <= UNASKED_BYTES && Math.max(width, height) > 512) {
      image.addEventListener("load", () => this.#sharpen(image, record, signal), { once: true, signal });
    }
    return image;
  }

  /** Puts the original in the proxy's place for who stays; what cannot be had is not missed. */
  #sharpen(image, record, signal) {
    const original = new Image();
    original.onload = () => {
      if (!signal.aborted) image.src = original.src;
    };
    const timer = setTimeout(() => { original.src = this.app.api.url(record.links.original); }, STAYED_MS);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      original.removeAttribute("src");
    });
  }

  #deeds(record) {
    const { app } = this;
    const { t } = app;
    const original = app.api.url(record.links.original);
    return h("div", { class: "deeds" },
      h("a", { class: "button primary", href: `#/search?id=${this.id}` }, icon("search"), t("library.search_with")),
      h("a", { class: "button", href: original, download: nameOf(app, record) }, icon("download"), t("picture.download")),
      h("a", { class: "button", href: original, target: "_blank", rel: "noopener" }, t("picture.original")),
      may(app, "delete") && h("button", { type: "button", class: "button danger", onclick: () => this.remove() },
        icon("trash"), t("library.delete")));
  }

  #fail(problem) {
    const { t } = this.app;
    const isGone = problem.status === 404;
    if (isGone) forget(new Set([this.id]));
    fill(this.element, h("div", { class: "big-note", role: "alert" }, icon(isGone ? "picture" : "warning"),
      h("h1", null, isGone ? t("picture.missing", { id: String(this.id) }) : t("library.failed")),
      h("p", null, isGone ? t("picture.missing_text") : sentence(this.app, problem)),
      h("div", { class: "deeds" },
        h("a", { class: "button", href: libraryHash(keptOrder() ?? {}) }, t("picture.back")),
        !isGone && h("button", { type: "button", class: "button", onclick: () => this.show(this.id) }, t("library.retry")))));
  }
}

/** The library: every picture on one wall, in the order and with the filter that its address says. */

import { h, fill } from "./dom.js";
import { Bubble } from "./bubble.js";
import { Captions } from "./captions.js";
import { LibraryHead } from "./libraryhead.js";
import { Picked } from "./picked.js";
import { Selection } from "./selection.js";
import { Wall } from "./wall.js";
import { bind } from "./keyboard.js";
import { icon } from "./libraryicons.js";
import { listen, WALL_KEYS } from "./wallinput.js";
import { liveOf } from "./live.js";
import { home, keptOrder, libraryHash, readOrder, SORTS, without } from "./order.js";
import { removalOf } from "./removal.js";
import { may, sentence } from "./words.js";

/** Which picture was left for another view: coming back, the focus goes to it again. */
let left = 0;

const read = (params, key) => (params?.get ? params.get(key) : params?.[key]) ?? "";

/**
 * @param {HTMLElement} root
 * @param {any} app
 * @param {URLSearchParams | Record<string, string>} params  `sort`, `filter`, and `at`: the picture to begin at
 * @returns {() => void}
 */
export function mount(root, app, params) {
  const library = new Library(root, app, params);
  return () => library.close();
}

class Library {
  #ending = new AbortController();
  #asking = new AbortController();
  #captions;
  /** @type {import("./order.js").Order | null} */
  order = null;
  at = null;

  constructor(root, app, params) {
    this.app = app;
    const sort = read(params, "sort");
    this.sort = SORTS.includes(sort) ? sort : SORTS[0];
    this.filter = read(params, "filter");
    this.at = Number(read(params, "at")) || null;
    this.removal = removalOf(app);
    this.live = liveOf(app);
    this.selection = new Selection();
    this.#captions = new Captions(app);
    this.#build(root);
    this.#listen();
    this.#begin();
  }

  close() {
    left = this.wall.order?.ids[this.wall.active] ?? 0;
    this.#ending.abort();
    this.#asking.abort();
    this.wall.close();
    this.bubble.close();
    this.picked.close();
    this.element.remove();
  }

  #build(root) {
    const { app } = this;
    this.head = new LibraryHead(app, this);
    this.note = h("div", { class: "wall-note" });
    this.host = h("div", { class: "wall-host" });
    this.element = h("section", { class: "library", "aria-labelledby": "library-title" },
      this.head.element, this.note, this.host);
    root.append(this.element);
    this.wall = new Wall(this.host, {
      label: app.t("library.wall_label"),
      inset: () => Math.max(0, this.head.bar.getBoundingClientRect().bottom),
      href: (id) => `#/picture/${id}`,
      thumbnail: (id, size) => app.api.url(`${home(app)}/images/${id}/thumbnail?size=${size}`),
      name: (id) => this.#captions.label(id),
      isPicked: (id) => this.selection.has(id),
      atRest: (id) => this.#rested(id),
      flying: (index) => this.#flying(index),
    });
    this.wall.density = this.head.density;
    this.bubble = new Bubble(this.element, (index) => this.#date(index));
    this.picked = new Picked(this.element, app, this.selection, this.#deeds());
  }

  #deeds() {
    const { app } = this;
    return {
      get mayRemove() {
        return may(app, "delete");
      },
      search: (id) => app.navigate(`#/search?id=${id}`),
      compare: (one, other) => app.navigate(`#/compare?a=${one}&b=${other}`),
      remove: (ids) => this.#remove(ids),
      undo: () => this.removal.undo(),
      leave: () => this.wall.focus(this.wall.active),
    };
  }

  #listen() {
    const { signal } = this.#ending;
    listen(this.wall, this.selection, this.#deeds(), signal);
    this.#captions.listen(this.wall, signal);
    this.head.stick(signal);
    this.selection.addEventListener("change", () => this.wall.redress(), { signal });
    this.removal.addEventListener("change", () => this.#showOrder(), { signal });
    this.removal.addEventListener("gone", (event) => this.#forget(event.detail), { signal });
    this.live.addEventListener("collection", () => this.#compare(), { signal });
    const { app } = this;
    signal.addEventListener("abort", app.on("info", () => {
      this.head.offerAdding();
      this.#showOrder();
    }));
    const unbind = bind("library.keys", [
      ...WALL_KEYS.map((one) => (one.right ? { ...one, isOpen: () => may(app, one.right) } : one)),
      { key: "/", says: "library.filter", run: () => this.head.field.focus() },
      { key: "Escape", says: "library.clear", run: () => this.selection.clear() },
    ]);
    signal.addEventListener("abort", unbind);
    document.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || event.target.closest?.("input, textarea, select, dialog")) return;
      if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) this.removal.undo();
    }, { signal });
  }

  /** What was read last is shown at once, if it is the same order; the service says whether it has changed since. */
  async #begin() {
    const kept = keptOrder();
    if (!this.at) window.scrollTo({ top: 0, behavior: "instant" });
    if (kept && kept.sort === this.sort && kept.filter === this.filter) {
      this.order = kept;
      this.#showOrder();
      this.#reveal();
      this.#compare();
    } else {
      this.head.say(this.app.t("library.loading"));
      await this.load();
      this.#reveal();
    }
  }

  /** Reads the order anew. What went wrong is said where it can be mended: in the filter, or instead of the wall. */
  async load() {
    this.#asking.abort();
    this.#asking = new AbortController();
    this.element.setAttribute("aria-busy", "true");
    const { signal } = this.#asking;
    try {
      const order = await readOrder(this.app, { sort: this.sort, filter: this.filter, signal });
      if (this.filter) order.pictures = this.live.collection?.pictures ?? Number.NaN;
      this.order = order;
      this.head.refuse(null);
      this.head.offer(null);
      fill(this.note);
      this.#showOrder();
    } catch (problem) {
      if (signal.aborted) return;
      if (problem.status === 400 || problem.status === 422) this.head.refuse(this.app.t("library.filter_wrong"), problem.detail);
      else this.#fail(problem);
    } finally {
      if (!signal.aborted) this.element.removeAttribute("aria-busy");
    }
  }

  /** Another order or filter, from the top. @param {{sort?: string, filter?: string}} change */
  async change({ sort = this.sort, filter = this.filter }) {
    if (sort === this.sort && filter === this.filter) return;
    Object.assign(this, { sort, filter, at: null });
    this.selection.clear();
    this.#address();
    await this.load();
    window.scrollTo({ top: 0, behavior: "instant" });
    this.wall.active = 0;
    this.wall.refresh();
    if (this.order) this.app.announce(this.#counted());
  }

  /** Shows what came since, from the top if one stands there. */
  async renew() {
    const isAsked = this.head.news === document.activeElement;
    await this.load();
    if (isAsked) this.wall.focus(this.wall.active);
    this.app.announce(this.#counted());
  }

  #showOrder() {
    if (!this.order) return;
    const shown = without(this.order, this.removal.hidden);
    this.wall.show(shown);
    this.selection.drop(this.removal.hidden);
    this.head.say(this.#counted());
    this.#empty(shown.ids.length === 0);
  }

  #counted() {
    const count = this.wall.count;
    return this.app.t(this.filter ? "library.count_filtered" : "library.count", { count });
  }

  #empty(isEmpty) {
    this.host.hidden = isEmpty;
    if (!isEmpty) {
      fill(this.note);
      return;
    }
    const { t } = this.app;
    const [title, text, action] = this.filter
      ? [t("library.none_title"), t("library.none_text"),
        h("button", { type: "button", class: "button", onclick: () => this.head.write("") }, t("library.filter_clear"))]
      : may(this.app, "index") ? [t("library.empty_title"), t("library.empty_text"),
        h("a", { class: "button primary", href: "#/add" }, icon("add"), t("library.add"))]
        : [t("library.empty_title"), t("library.empty_reader"), null];
    fill(this.note, h("div", { class: "big-note" }, icon(this.filter ? "funnel" : "picture"), h("h2", null, title),
      h("p", null, text), action));
  }

  #fail(problem) {
    const { t } = this.app;
    this.head.say("");
    this.host.hidden = true;
    fill(this.note, h("div", { class: "big-note", role: "alert" }, icon("warning"), h("h2", null, t("library.failed")),
      h("p", null, sentence(this.app, problem)), problem.hint ? h("p", null, problem.hint) : null,
      h("button", { type: "button", class: "button", onclick: () => this.load() }, t("library.retry"))));
  }

  #reveal() {
    if (!this.at || !this.order) return;
    if (this.wall.reveal(this.at)) {
      const place = this.wall.order.ids.indexOf(left);
      const index = place >= 0 && this.wall.isSeen(place) ? place : this.wall.active;
      // After the router has moved the focus to the heading, as it does for every view.
      setTimeout(() => this.wall.focus(index));
    }
    else this.app.toast({ text: this.app.t("library.not_here", { id: String(this.at) }) });
  }

  #remove(ids) {
    this.removal.remove(ids);
    this.selection.clear();
  }

  /** What this page deleted is no news: the count that is compared with goes down with it. */
  #forget(gone) {
    if (!this.order) return;
    this.order = { ...without(this.order, gone), pictures: this.order.pictures - gone.size };
    this.#compare();
  }

  /** Compares what is shown with what the service last said, and offers the difference. */
  #compare() {
    const { collection } = this.live;
    if (!this.order || !collection || collection.version <= this.order.version) return;
    const more = collection.pictures - this.order.pictures;
    // Fewer by as many as are being deleted here: the answer to that is on its way.
    const isOwn = more <= 0 && -more <= this.removal.hidden.size;
    if (isOwn) this.head.offer(null);
    else if (!this.order.ids.length && !this.filter) this.renew();
    else this.head.offer(more);
  }

  #rested(id) {
    if (this.#ending.signal.aborted) return;
    this.at = id;
    this.#address();
  }

  /** The address follows what is seen, and adds nothing to the history. */
  #address() {
    // A picture may have been opened, and not be there yet: then the address is its already.
    if (!location.hash.startsWith("#/library")) return;
    history.replaceState(history.state, "", libraryHash(this));
  }

  #flying(index) {
    if (index === null) this.bubble.linger();
    else {
      const { wall, app } = this;
      const text = app.t("library.position", { place: index + 1, count: wall.count });
      this.bubble.show(text, index / Math.max(1, wall.count - 1), index);
    }
  }

  async #date(index) {
    if (!["newest", "oldest"].includes(this.sort)) return "";
    const { added } = await this.#captions.read(this.wall.order.ids[index]);
    return this.app.date(added);
  }
}


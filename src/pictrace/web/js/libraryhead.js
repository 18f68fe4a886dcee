/** The head of the library: how many, in which order, which of them, how large; and what came since. */

import { h, fill } from "./dom.js";
import { icon } from "./libraryicons.js";
import { SORTS } from "./order.js";
import { may } from "./words.js";

const TYPED_MS = 450;
const STORED = "pictrace.density";
const DENSITIES = { small: 0.62, medium: 1, large: 1.6 };
const EXAMPLES = ['format = "PNG"', "width > 1000", 'path ~ "holiday"', 'year >= 1900 and artist = "Monet"'];

function stored() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

export class LibraryHead {
  #timer = 0;

  /** @param {any} app @param {any} library  what is told of changes: `change`, `renew`, `wall` */
  constructor(app, library) {
    this.app = app;
    this.library = library;
    const { t } = app;
    this.size = stored() in DENSITIES ? stored() : "medium";
    this.count = h("p", { class: "library-count", role: "status" });
    this.news = h("button", { type: "button", class: "news", hidden: true, onclick: () => library.renew() });
    this.error = h("p", { class: "field-error", id: "filter-error", role: "alert", hidden: true });
    this.bar = h("div", { class: "library-bar" }, this.#filter(), this.#sort(), this.#sizes(), this.error, this.#help());
    this.adding = h("span", { class: "library-adding" });
    this.offerAdding();
    const head = h("header", { class: "library-head" },
      h("div", { class: "library-top" }, h("h1", { id: "library-title" }, t("library.title")), this.count,
        this.adding));
    // The bar stays when the head is scrolled away, and so must not stand inside it.
    this.element = h("div", { class: "library-heads" }, head, this.bar, this.news);
  }

  /** Keeps the bar below what the page keeps at the top, until `signal` ends. @param {AbortSignal} signal */
  stick(signal) {
    const top = document.getElementById("top");
    if (!top) return;
    const observer = new ResizeObserver(() => {
      const covered = getComputedStyle(top).position === "sticky" ? top.offsetHeight : 0;
      this.library.element.style.setProperty("--covered", `${covered}px`);
    });
    observer.observe(top);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  /** The way to add pictures, for whom may. */
  offerAdding() {
    const { t } = this.app;
    fill(this.adding, may(this.app, "index") && h("a", { class: "button primary", href: "#/add", "aria-label": t("library.add") },
      icon("add"), h("span", null, t("library.add"))));
  }

  /** How high rows are to be. */
  get density() {
    return DENSITIES[this.size];
  }

  /** @param {string} text  how many there are */
  say(text) {
    this.count.textContent = text;
  }

  /** Writes a filter as if it had been typed. */
  write(filter) {
    this.field.value = filter;
    this.field.focus();
    this.#typed();
  }

  /** Says what is wrong with the filter, or that nothing is. @param {string | null} text @param {string} [hint] */
  refuse(text, hint) {
    this.error.hidden = text === null;
    this.field.toggleAttribute("aria-invalid", text !== null);
    if (text === null) {
      this.field.removeAttribute("aria-describedby");
      return;
    }
    this.field.setAttribute("aria-invalid", "true");
    this.field.setAttribute("aria-describedby", "filter-error");
    fill(this.error, h("span", null, text), hint ? h("span", { class: "soft" }, ` ${hint}`) : null);
  }

  /** Offers to show what has changed. @param {number | null} more  how many more or fewer; NaN where only the filter knows */
  offer(more) {
    const isNew = this.news.hidden;
    this.news.hidden = more === null;
    if (more === null) return;
    const { t } = this.app;
    const text = more > 0 ? t("library.news", { count: more }) : t("library.changed");
    fill(this.news, icon("refresh"), text);
    if (isNew) this.app.announce(text);
  }

  #filter() {
    const { t } = this.app;
    this.field = h("input", { type: "search", class: "filter-field", value: this.library.filter, spellcheck: "false",
      autocomplete: "off", autocapitalize: "off", placeholder: t("library.filter_placeholder"),
      "aria-label": t("library.filter"), "aria-keyshortcuts": "/",
      oninput: () => {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#typed(), TYPED_MS);
      } });
    this.more = h("button", { type: "button", class: "icon-button", "aria-label": t("library.filter_help"),
      title: t("library.filter_help"), "aria-expanded": "false", "aria-controls": "filter-help",
      onclick: () => this.#toggle() }, icon("help"));
    const form = h("form", { class: "filter", role: "search", onsubmit: (event) => {
      event.preventDefault();
      this.#typed();
    } }, icon("funnel"), this.field, this.more);
    return form;
  }

  #typed() {
    clearTimeout(this.#timer);
    const filter = this.field.value.trim();
    if (!filter) this.refuse(null);
    this.library.change({ filter });
  }

  #toggle() {
    this.help.hidden = !this.help.hidden;
    this.more.setAttribute("aria-expanded", String(!this.help.hidden));
  }

  #help() {
    const { t } = this.app;
    this.help = h("div", { class: "filter-help", id: "filter-help", hidden: true },
      h("p", null, t("library.help_text")),
      h("ul", { class: "examples" }, EXAMPLES.map((example) => h("li", null,
        h("button", { type: "button", class: "example", onclick: () => this.write(example) }, h("code", null, example))))),
      h("p", { class: "soft" }, t("library.help_fields")));
    return this.help;
  }

  #sort() {
    const { t } = this.app;
    // i18n: library.sort_*
    const select = h("select", { "aria-label": t("library.sort"), onchange: () => this.library.change({ sort: select.value }) },
      SORTS.map((sort) => h("option", { value: sort }, t(`library.sort_${sort}`))));
    select.value = this.library.sort;
    return h("span", { class: "select" }, select);
  }

  #sizes() {
    const { t } = this.app;
    const choose = (size) => {
      this.size = size;
      try {
        localStorage.setItem(STORED, size);
      } catch {
        // Then it holds as long as the page.
      }
      this.library.wall.resize(this.density);
    };
    // i18n: library.size_small library.size_medium library.size_large
    return h("fieldset", { class: "sizes" }, h("legend", { class: "out" }, t("library.size")),
      Object.keys(DENSITIES).map((size) => h("label", { title: t(`library.size_${size}`) },
        h("input", { type: "radio", name: "density", value: size, checked: size === this.size, class: "out",
          "aria-label": t(`library.size_${size}`), onchange: () => choose(size) }),
        h("span", { class: `size-mark ${size}`, "aria-hidden": "true" }))));
  }
}

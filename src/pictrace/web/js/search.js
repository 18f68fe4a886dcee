/** @file The view that searches: the first page, and the results of a picture. */

import { fill, h, icon } from "./dom.js";
import { Grid } from "./grid.js";
import { mountHome } from "./home.js";
import { takeIn } from "./intake.js";
import { bind } from "./keyboard.js";
import { panel } from "./panel.js";
import { address, ask, more, optionsOf, restored } from "./query.js";
import { notice } from "./router.js";
import { isOrdered, warned } from "./wording.js";
import { may, mayFetch } from "./words.js";

/** @param {HTMLElement} root @param {any} app @param {any} params */
export function mount(root, app, params) {
  const undo = [takeIn(app)];
  const query = app.place.isHome ? null : restored(app, params);
  if (query) {
    app.query = query;
    undo.push(mountResults(root, app, params));
  } else {
    undo.push(mountHome(root, app, { lost: !app.place.isHome }));
    undo.push(bind("search.keys", [
      { key: "u", says: "search.choose", run: () => root.querySelector(".drop input").click() },
      { key: "/", says: "search.address", isOpen: () => mayFetch(app) || app.readsWords, run: () => root.querySelector("#address")?.focus() },
    ]));
  }
  return () => undo.forEach((step) => step());
}

function mountResults(root, app, params) {
  const view = new Results(root, app, optionsOf(params));
  view.run().catch((error) => view.fail(error));
  return () => view.leave();
}

class Results {
  constructor(root, app, options) {
    Object.assign(this, { root, app, options, query: app.query, stop: new AbortController() });
    this.grid = new Grid(app, this.query);
    this.heading = h("h1", { tabindex: -1 }, app.t("search.searching"));
    this.facts = h("p", { class: "dim small facts-line" });
    this.below = h("div", { class: "below" });
    this.panel = panel(app, this.query, options, { change: (changed, region, words) => this.change(changed, region, words) });
    fill(root, h("div", { class: "found" }, this.panel.element,
      h("section", { class: "results", "aria-busy": "true" }, h("header", null, this.heading, this.facts), this.grid.root, this.below)));
    document.title = `${this.query.name || this.query.text || app.t("shell.search")} · PicTrace`;
    this.unbind = bind("search.keys", this.keys());
  }

  keys() {
    const { grid, panel: side } = this;
    return [
      { key: "j", says: "search.next", run: () => grid.go(1) },
      { key: "k", says: "search.previous", run: () => grid.go(-1) },
      { key: "Enter", shown: "↵", says: "search.compare" },
      { key: "c", says: "search.compare", run: () => grid.press("compare") },
      { key: "s", says: "search.with_this", run: () => grid.press("search") },
      { key: "o", says: "search.open", run: () => grid.press("open") },
      { key: "r", says: "search.region", run: () => side.selectRegion() },
      { key: "u", says: "search.another", run: () => this.root.querySelector(".panel input[type=file]").click() },
    ];
  }

  /** Searches, showing what each stage found. */
  async run() {
    this.grid.await();
    this.app.announce(this.app.t("search.searching"));
    const seen = new Map();
    const onStage = ({ stage, results }) => {
      for (const match of results) if (!seen.has(match.id)) seen.set(match.id, match);
      const checked = new Set(stage === "exact" ? results.map((match) => match.id) : []);
      this.grid.show([...seen.values()], (match) => checked.has(match.id) || match.relation === "exact", false);
      fill(this.heading, this.app.t("search.checking"));
    };
    const answer = await ask(this.app, this.query, this.options, { signal: this.stop.signal, onStage });
    if (!this.stop.signal.aborted) this.finish(answer);
  }

  finish(answer) {
    this.root.querySelector(".results").setAttribute("aria-busy", "false");
    this.grid.show(answer.results, () => true, true, isOrdered(answer));
    Object.assign(this.query, { results: answer.results.map((match) => match.id), options: this.options });
    fill(this.heading, summary(this.app, answer));
    fill(this.facts, thoroughness(this.app, answer));
    this.panel.settle(isOrdered(answer));
    this.close(answer);
    this.app.announce(`${this.heading.textContent}. ${this.facts.textContent}`);
    const hash = address(this.query, this.options);
    if (location.hash !== hash) this.app.router.rename(hash);
    if (this.query.opened) this.grid.focus(this.query.opened);
    this.query.opened = null;
  }

  close(answer) {
    const { app } = this;
    const warnings = answer.warnings.map((text) => h("p", { class: "hint warning" }, icon("warning"), h("span", null, warned(app, text))));
    const next = answer.next_offset !== null && answer.results.length > 0 &&
      h("button", { type: "button", class: "button", onclick: (event) => this.further(event.currentTarget, answer) }, icon("down"), app.t("search.more"));
    fill(this.below, warnings, next, !answer.results.length && nothing(app, answer, this.options));
  }

  async further(button, answer) {
    button.disabled = true;
    const last = answer.results.length;
    try {
      await more(this.app, this.query, this.options, answer);
      this.finish(answer);
      this.grid.root.children[last]?.querySelector("a").focus();
    } catch (error) {
      button.disabled = false;
      this.app.report(error);
    }
  }

  fail(error) {
    if (error.name === "AbortError") return;
    const { app } = this;
    fill(this.heading, app.t("search.failed"));
    fill(this.grid.root);
    this.root.querySelector(".results").setAttribute("aria-busy", "false");
    const again = h("button", { type: "button", class: "button primary", onclick: () => app.navigate(location.hash) }, app.t("search.again"));
    const told = [error.detail, error.hint].filter(Boolean).join(" – ");
    fill(this.below, notice("warning", app.sentence(error), told && h("p", { class: "dim small told" }, told), again, h("a", { class: "button", href: "#/" }, app.t("search.another"))));
    app.announce(app.sentence(error), { assertive: true });
    if (!error.code) console.error(error);
    // No event has told yet that words are not read any more.
    if (error.code === "no_text_encoder") import("./live.js").then(({ liveOf }) => liveOf(app).read());
  }

  /** Searches anew with other options, another region or other words. */
  change(options, region = this.query.region, words = {}) {
    const { id, name, value } = document.activeElement;
    const held = id ? `#${id}` : name ? `[name="${name}"][value="${value}"]` : "h1";
    Object.assign(this.query, { region, ...words });
    this.app.navigate(address(this.query, options), { stay: true }).then(() => {
      (this.root.querySelector(`.panel ${held}`) ?? this.root.querySelector("h1")).focus({ preventScroll: true });
    });
  }

  leave() {
    this.stop.abort();
    this.unbind();
    this.panel.leave();
  }
}

function summary(app, { results, signals }) {
  if (signals.includes("text") && results.length) return app.t("search.found_near", { count: results.length });
  const counts = { exact: 0, copy: 0, scene: 0, similar: 0 };
  for (const match of results) counts[match.relation] += 1;
  const told = {
    exact: () => app.t("search.count_exact", { count: counts.exact }),
    copy: () => app.t("search.count_copy", { count: counts.copy }),
    scene: () => app.t("search.count_scene", { count: counts.scene }),
    similar: () => app.t("search.count_similar", { count: counts.similar }),
  };
  const parts = Object.keys(told).filter((relation) => counts[relation]).map((relation) => told[relation]());
  return parts.length ? app.t("search.found", { list: app.speech.listed(parts) }) : app.t("search.nothing");
}

function thoroughness(app, answer) {
  const spent = Object.values(answer.timings_ms).reduce((sum, one) => sum + one, 0);
  const searched = app.t("search.searched", { count: answer.searched, time: app.speech.time(spent) });
  const how = answer.exhaustive ? app.t("search.exhaustive")
    : answer.recall === null ? app.t("search.nearest") : app.t("search.recall", { share: app.percent(answer.recall) });
  return `${searched} ${how}`;
}

function nothing(app, answer, options) {
  const narrowed = options.mode !== "auto" || options.filter || Number(options.min) > 0;
  const text = answer.signals.includes("text") && !narrowed && answer.searched ? "search.nothing_narrowed" : answer.searched === 0 && !options.filter ? "search.empty" : narrowed ? "search.nothing_narrowed" : "search.nothing_said";
  const add = may(app, "index") && h("a", { class: "button", href: "#/add" }, app.t("search.empty_add"));
  return notice("nothing", app.t(text), h("a", { class: "button", href: "#/" }, app.t("search.another")), add);
}

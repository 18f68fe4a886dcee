/** @file Two pictures compared: how they are related, seen in five ways, and the numbers. */

import { fill, h, icon } from "./dom.js";
import { badge } from "./card.js";
import { facts } from "./evidence.js";
import { bind } from "./keyboard.js";
import { address, comparison, nameStored, restored } from "./query.js";
import { instead } from "./router.js";
import { Viewer } from "./viewer.js";
import { moved, named, relationSays, where } from "./wording.js";

/** @param {HTMLElement} root @param {any} app @param {any} params */
export function mount(root, app, params) {
  const view = new Comparison(root, app, params);
  view.run().catch((error) => view.fail(error));
  return () => view.leave();
}

class Comparison {
  constructor(root, app, params) {
    Object.assign(this, { root, app, params, stop: new AbortController(), unbind: () => {} });
    const first = params.a === undefined ? {} : /^\d+$/.test(params.a) ? { id: params.a } : { url: params.a };
    this.query = restored(app, { ...first, region: params.region });
  }

  async run() {
    const { app, root, params } = this;
    if (!this.query || !params.b) {
      return void fill(root, instead("warning", app.t(this.query ? "shell.missing" : "search.lost"), h("a", { class: "button", href: "#/" }, app.t("shell.to_search"))));
    }
    fill(root, this.waiting());
    app.announce(app.t("compare.comparing"));
    const [told] = await Promise.all([
      app.api.send("POST", app.path("/compare"), this.body(), { signal: this.stop.signal }),
      this.query.id !== null && !this.query.name && nameStored(app, this.query),
    ]);
    if (!this.stop.signal.aborted) this.show(told);
  }

  body() {
    const { query, params } = this;
    const other = /^\d+$/.test(params.b) ? { id: Number(params.b) } : { url: params.b };
    if (!query.file || query.known !== null) {
      const image = query.known !== null ? { id: query.known } : { url: query.url };
      return { image, other, ...(query.region && { region: query.region }) };
    }
    const form = new FormData();
    form.append("image", query.file, query.file.name || "picture");
    for (const [name, value] of Object.entries(other)) form.append(`other_${name}`, String(value));
    if (query.region) form.append("region", query.region.join(","));
    return form;
  }

  waiting() {
    const name = h("h1", null, this.app.t("compare.comparing"));
    return h("div", { class: "comparison", "aria-busy": "true" }, this.steps(), name, h("div", { class: "stage-empty" }));
  }

  show({ match, evidence, levels, drawing }) {
    const { app } = this;
    this.query.opened = Number(this.params.b);
    const names = { query: this.queryName(), match: named(app, match.path ?? (isNaN(this.params.b) ? this.params.b : null), match.id ?? Number(this.params.b)).file };
    this.viewer = new Viewer(app, drawing, names, match.changes);
    const place = match.overlap && match.relation !== "exact" ? where(app, match.overlap, "compare") : "";
    const how = match.quad && match.relation !== "exact" ? moved(app, match) : app.t("reason.in_place");
    const change = how === app.t("reason.in_place") ? "" : app.t("compare.moved", { how });
    fill(this.root, h("article", { class: `comparison ${match.relation}` },
      this.steps(),
      h("header", { class: "verdict-line" },
        h("div", null, h("h1", null, relationSays(app, match.relation)), (place || change) && h("p", { class: "dim" }, `${place} ${change}`.trim())),
        h("div", { class: "verdict" }, badge(app, match.relation), h("b", { class: "score" }, app.percent(match.score)))),
      this.viewer.element,
      facts(app, { match, evidence, levels, drawing, names, ids: { query: this.query.known, match: match.id } })));
    document.title = `${names.query} · ${names.match} · PicTrace`;
    this.unbind = bind("compare.keys", [...this.viewer.keys(), ...this.keys()]);
    app.announce(`${relationSays(app, match.relation)} ${app.percent(match.score)}. ${place}`);
  }

  queryName() {
    const { query, app } = this;
    return query.name ? named(app, query.name, null).file : query.known !== null ? app.t("search.unnamed", { id: String(query.known) }) : app.t("search.pasted");
  }

  keys() {
    return [
      { key: "j", says: "search.next", run: () => this.go(1) },
      { key: "k", says: "search.previous", run: () => this.go(-1) },
      { key: "x", says: "compare.swap", run: () => this.root.querySelector("[data-part=swap]")?.click() },
      { key: "Escape", shown: "Esc", says: this.backSays(), run: () => this.app.router.back(this.backTo()) },
    ];
  }

  /** Where the results are that this was opened from. */
  backTo() {
    return this.query ? address(this.query, this.app.query.options ?? {}) : "#/";
  }

  /** Whether there are results to go back to: pictures of a library can be compared without any. */
  backSays() {
    return this.query?.results ? "compare.back" : "compare.back_plain";
  }

  neighbour(step) {
    const ids = this.query?.results ?? [];
    const at = ids.indexOf(Number(this.params.b));
    const id = at < 0 ? undefined : ids[at + step];
    return id === undefined ? null : comparison(this.query, id);
  }

  go(step) {
    const hash = this.neighbour(step);
    if (hash) this.app.navigate(hash, { replace: true });
  }

  steps() {
    const { app, params } = this;
    const step = (by, symbol, label) => h("a", { class: "button icon-only", href: this.neighbour(by), "aria-label": label, title: label, "aria-disabled": !this.neighbour(by) && "true" }, icon(symbol));
    const canSwap = this.query?.known !== null || this.query?.url;
    const swapped = canSwap && !this.query.region && `#/compare?${new URLSearchParams({ a: params.b, b: params.a ?? String(this.query.known) })}`;
    const goBack = (event) => { if (!event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); app.router.back(this.backTo()); } };
    return h("nav", { class: "steps", "aria-label": app.t("compare.steps") },
      h("a", { class: "button bare", href: this.backTo(), onclick: goBack }, icon("back"), app.t(this.backSays())),
      h("span", { class: "row" },
        swapped && h("a", { class: "button icon-only", href: swapped, "data-part": "swap", "aria-label": app.t("compare.swap"), title: app.t("compare.swap") }, icon("swap")),
        this.query?.results?.includes(Number(params.b)) && [step(-1, "back", app.t("search.previous")), step(1, "next", app.t("search.next"))]));
  }

  fail(error) {
    if (error.name === "AbortError") return;
    const { app, root } = this;
    if (!error.code) console.error(error);
    const again = h("button", { type: "button", class: "button primary", onclick: () => app.navigate(location.hash) }, app.t("search.again"));
    const told = [error.detail, error.hint].filter(Boolean).join(" – ");
    fill(root, h("div", { class: "comparison" }, this.steps(), instead("warning", app.sentence(error), told && h("p", { class: "dim small told" }, told), again)));
    app.announce(app.sentence(error), { assertive: true });
  }

  leave() {
    this.stop.abort();
    this.viewer?.leave();
    this.unbind();
  }
}

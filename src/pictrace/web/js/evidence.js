/** @file What a comparison rests on: shares, the signals' opinions, and every number. */

import { changed, thresholds } from "./changes.js";
import { h, icon, s } from "./dom.js";
import { moved, why } from "./wording.js";

/** Everything below the pictures. @param {any} app @param {{match: any, evidence: any[], levels: any[], drawing: any, names: any, ids: any}} comparison */
export function facts(app, { match, evidence, levels, drawing, names, ids }) {
  return h("div", { class: "facts" },
    h("section", { class: "sides" },
      side(app, app.t("compare.first"), names.query, drawing.query, ids.query),
      side(app, app.t("compare.second"), names.match, drawing.match, ids.match)),
    shares(app, match), changed(app, match.changes), opinions(app, match, evidence), thresholds(app, levels), measures(app, match.signals));
}

function side(app, title, name, { width, height }, id) {
  return h("div", null, h("h2", null, title), h("p", { class: "file", title: name }, name), h("p", { class: "dim small" }, app.t("search.pixels", { width, height })),
    id !== null && id !== undefined && h("div", { class: "row" },
      h("a", { class: "button", href: `#/search?id=${id}` }, icon("search"), app.t("search.with_this")),
      h("a", { class: "button", href: app.api.url(app.path(`/images/${id}/original`)), target: "_blank", rel: "noopener" }, icon("open"), app.t("search.open"))));
}

function bar(share) {
  return s("svg", { class: "bar", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
    s("rect", { width: Math.min(100, Math.max(0, 100 * share)), height: 4 }));
}

function shares(app, match) {
  if (!match.overlap) return null;
  const row = (label, share) => [h("dt", null, label), h("dd", { class: "drawn" }, bar(share)), h("dd", null, app.percent(share))];
  return h("section", null, h("h2", null, app.t("compare.overlap")),
    h("dl", { class: "shares" },
      row(app.t("compare.of_query"), match.overlap.query), row(app.t("compare.of_match"), match.overlap.match),
      match.quad && [h("dt", null, app.t("compare.change")), h("dd", { class: "wide" }, moved(app, match))]));
}

function opinions(app, match, evidence) {
  const told = evidence.filter((piece) => piece.says).map((piece) => ({
    text: why(app, { reasons: [piece.says], signals: { ...match.signals, ...piece.measures } })[0],
    opinion: piece.opinion === null ? "none" : piece.opinion > 0 ? "for" : "against",
  }));
  const list = told.length ? told : why(app, match).map((text) => ({ text, opinion: "for" }));
  if (!list.length) return null;
  const once = list.filter((one, place) => list.findIndex((other) => other.text === one.text) === place);
  const labels = { for: app.t("compare.speaks_for"), against: app.t("compare.speaks_against"), none: app.t("compare.no_opinion") };
  const signs = { for: "+", against: "−", none: "·" };
  return h("section", null, h("h2", null, app.t("compare.why")),
    h("ul", { class: "opinions" }, once.map(({ text, opinion }) =>
      h("li", { class: opinion }, h("b", { "aria-hidden": "true" }, signs[opinion]), h("span", { class: "out" }, `${labels[opinion]}: `), h("span", null, text)))));
}

function measures(app, signals) {
  const names = Object.keys(signals);
  if (!names.length) return null;
  // i18n: measure.*
  const meaning = (name) => (app.speech.has(`measure.${name}`) ? app.t(`measure.${name}`) : "");
  return h("details", { class: "measures" }, h("summary", null, app.t("compare.measures")),
    h("table", null, h("thead", { class: "out" }, h("tr", null, h("th", null, app.t("compare.measure")), h("th", null, app.t("compare.value")), h("th", null, app.t("compare.meaning")))),
      h("tbody", null, names.map((name) => h("tr", null, h("th", { scope: "row" }, name), h("td", { class: "number" }, app.speech.measure(signals[name])), h("td", { class: "dim" }, meaning(name)))))));
}

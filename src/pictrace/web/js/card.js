/** @file One result: the picture with the shared area, how it is related, how sure, where, why, and what to do with it. */

import { fill, h, icon } from "./dom.js";
import { coversAll, edge, over } from "./overlay.js";
import { comparison, hasPicture } from "./query.js";
import { briefly, named, near, relationName, where, why } from "./wording.js";

/** The card of a match, as an item of the list. @param {any} app @param {any} query @param {any} match @param {boolean} isChecked whether it was verified @param {number} place from 1 on, where that is told in place of a score; else 0 */
export function card(app, query, match, isChecked, place) {
  const item = h("li", { dataset: { id: String(match.id) } });
  draw(app, query, match, isChecked, place, item);
  return item;
}

/** Draws a card anew, once more is known; the picture stays as it is. */
export function draw(app, query, match, isChecked, place, item) {
  const { file, folder } = named(app, match.path, match.id);
  const others = Math.max(0, match.places - 1);
  const relation = isChecked ? match.relation : "checking";
  item.className = `card ${relation}`;
  const picture = item.querySelector("img") ?? h("img", { src: app.api.url(app.path(`/images/${match.id}/proxy`)), width: match.width, height: match.height, alt: "", loading: "lazy", decoding: "async" });
  const link = hasPicture(query) ? { href: comparison(query, match.id), says: "search.compare_with" } : { href: `#/picture/${match.id}`, says: "search.look_at" };
  fill(item,
    h("a", { class: "shown", href: link.href, "data-part": "shown", "aria-label": app.t(link.says, { name: file }) }, picture, outline(match)),
    h("div", { class: "label" },
      h("p", { class: "verdict" }, badge(app, relation, isNear(match) ? app.t("relation.near") : ""), isChecked && h("b", { class: "score" }, place ? app.t("search.place", { place }) : app.percent(match.score))),
      h("h2", { class: "file", title: match.path ?? file }, file),
      h("p", { class: "folder", title: match.paths.join("\n") }, others > 0 && h("span", { class: "places-more" }, app.t("search.places", { count: others })), near(folder)),
      isChecked ? words(app, match) : h("p", { class: "why" }, h("span", { class: "line" }), h("span", { class: "line short" })),
      actions(app, query, match, file)));
}

/** Whether a match was found by words, or by words and pictures. */
const isNear = (match) => "text_percentile" in match.signals;

/** A relation as a coloured word with its sign; `said` is another word for it. @param {any} app @param {string} relation @param {string} said */
export function badge(app, relation, said = "") {
  return h("span", { class: `badge ${relation}` }, icon(relation), said || relationName(app, relation));
}

function outline(match) {
  const polygon = match.drawing?.outline;
  if (!polygon?.length || coversAll(polygon, match.width, match.height)) return null;
  return over(match.width, match.height, edge(polygon));
}

function words(app, match) {
  const place = match.relation === "exact" ? "" : where(app, match.overlap);
  return h("p", { class: "why", title: [place, ...why(app, match)].join(" ") }, place && h("span", { class: "place" }, place, " "), briefly(app, match));
}

function actions(app, query, match, file) {
  const { t } = app;
  const called = (action) => t("search.action", { action, name: file });
  return h("div", { class: "actions" },
    hasPicture(query) && h("a", { class: "button", href: comparison(query, match.id), "data-part": "compare", "aria-label": called(t("search.compare")) }, icon("compare"), h("span", null, t("search.compare"))),
    h("a", { class: "button", href: `#/search?id=${match.id}`, "data-part": "search", "aria-label": called(t("search.with_this")) }, icon("search"), h("span", null, t("search.with_this"))),
    h("a", { class: "button icon-only", href: app.api.url(app.path(`/images/${match.id}/original`)), target: "_blank", rel: "noopener", "data-part": "open", "aria-label": called(t("search.open")), title: t("search.open") }, icon("open")));
}

/** A card before anything is known. */
export function skeleton() {
  return h("li", { class: "card skeleton", "aria-hidden": "true" },
    h("div", { class: "shown" }),
    h("div", { class: "label" }, h("p", { class: "verdict" }, h("span", { class: "line" })), h("span", { class: "line" }), h("span", { class: "line short" }), h("div", { class: "why" })));
}

/** @file Two files beside each other with what is known of them, and the other files of their group. */

import { badge } from "./card.js";
import { h, icon } from "./dom.js";
import { fileName } from "./words.js";
import { near, relationName } from "./wording.js";

/** What a file is called in sentences. @param {{path: string}} member */
export const called = (member) => fileName(member.path) || member.path;

/** What files are called beside each other: by their names, and where some have the same with the folders that tell them apart. @param {{path: string}[]} members */
export function calledAmong(members) {
  return (one) => {
    const same = members.filter((member) => called(member) === called(one)).map((member) => parts(member.path));
    if (same.length < 2) return called(one);
    let shared = 0;
    while (same.every((path) => shared < path.length - 1 && path[shared] === same[0][shared])) shared += 1;
    return parts(one.path).slice(shared).join("");
  };
}

const parts = (path) => path.split(/(?<=[/\\!])/);

/** Both sides. @param {any} app @param {import("./turn.js").Turn} turn @param {(answer: string) => void} answer */
export function sides(app, turn, answer) {
  const { left, right } = turn;
  const [keepLeft, keepRight] = keeps(app, answer);
  return h("div", { class: "pair" }, side(app, left, right, app.t("duplicates.left"), keepLeft), right && side(app, right, left, app.t("duplicates.right"), keepRight));
}

/** The two buttons that say which one stays. @param {any} app @param {(answer: string) => void} answer */
export function keeps(app, answer) {
  const button = (name, label, key, arrow) => h("button", { type: "button", class: "button primary keep", "data-answer": name, "aria-keyshortcuts": `${key} ${arrow === "←" ? "ArrowLeft" : "ArrowRight"}`, onclick: () => answer(name) }, label, h("kbd", null, key), h("kbd", null, arrow));
  return [button("left", app.t("duplicates.keep_left"), "1", "←"), button("right", app.t("duplicates.keep_right"), "2", "→")];
}

function side(app, one, other, title, keep) {
  return h("section", { class: "side", "aria-label": `${title}: ${called(one)}` },
    h("a", { class: "portrait", href: app.api.url(app.path(`/images/${one.id}/original`)), target: "_blank", rel: "noopener", tabindex: -1 },
      h("img", { src: app.api.url(app.path(`/images/${one.id}/proxy`)), width: one.width, height: one.height, alt: called(one) })),
    facts(app, one, other), keep);
}

/** What is known of a file; what is better than on the other side is marked. */
function facts(app, one, other) {
  const area = (file) => file.width * file.height;
  const row = (label, text, better) => h("div", { class: better && "better" }, h("dt", null, label),
    h("dd", null, text, better && h("span", { class: "out" }, ` (${app.t("duplicates.more")})`)));
  const folder = one.path.slice(0, one.path.length - called(one).length);
  return h("div", { class: "known" },
    h("p", { class: "file", title: one.path }, called(one)),
    h("p", { class: "whereabouts dim small", title: one.path }, near(folder)),
    one.reference && h("p", { class: "small held" }, icon("key"), app.t("duplicates.reference")),
    h("dl", null,
      row(app.t("picture.size"), app.t("search.pixels", { width: one.width, height: one.height }), other && area(one) > area(other)),
      row(app.t("picture.bytes"), app.bytes(one.size), other && one.size > other.size),
      row(app.t("picture.format"), one.format, false),
      row(app.t("picture.added"), app.date(one.added), false)));
}

/** All files of the group, small, with what was chosen for each. @param {any} app @param {import("./turn.js").Turn} turn @param {(member: any) => void} show */
export function strip(app, turn, show) {
  if (turn.members.length < 3) return null;
  const state = (one) => (turn.apart.has(one) ? "apart" : one.reference ? "reference" : turn.picks.get(one) ?? "open");
  // i18n: duplicates.state_apart duplicates.state_reference duplicates.state_keep duplicates.state_remove duplicates.state_open
  const name = calledAmong(turn.members);
  const label = (one) => `${name(one)}: ${one === turn.left ? app.t("duplicates.left") : one === turn.right ? app.t("duplicates.right") : app.t(`duplicates.state_${state(one)}`)}`;
  return h("ul", { class: "members", "aria-label": app.t("duplicates.members", { count: turn.members.length }) },
    turn.members.map((one) => h("li", null,
      h("button", { type: "button", class: `tiny is-${state(one)}`, "aria-label": label(one), title: label(one), "aria-current": one === turn.left || one === turn.right ? "true" : null, onclick: () => show(one) },
        h("img", { src: app.api.url(`${app.path(`/images/${one.id}/thumbnail`)}?size=128`), alt: "", loading: "lazy" }),
        one === turn.left ? h("b", null, "1") : one === turn.right ? h("b", null, "2") : mark(state(one))))));
}

function mark(state) {
  const drawing = { keep: "exact", remove: "close", apart: "different", reference: "key" }[state];
  return drawing ? h("b", null, icon(drawing)) : null;
}

/** How the right one is related, and the weakest link of the group. @param {any} app @param {any} turn */
export function related(app, turn) {
  const { group, left, right } = turn;
  const one = right && (right.id === group.medoid || right.sha256 === left.sha256 ? left : right);
  const relation = right && left.sha256 === right.sha256 ? "exact" : one?.relation ?? group.relation;
  return { relation, score: relation === "exact" ? 1 : one?.score ?? group.score };
}

/** A relation with how sure it is. @param {any} app @param {string} relation @param {number} score */
export const verdict = (app, relation, score) => [badge(app, relation), h("b", { class: "score" }, app.percent(score))];

/** The least sure link of a group in a sentence, or nothing. @param {any} app @param {any} group */
export function weakest(app, group) {
  if (!group.weakest) return "";
  const [one, other] = group.weakest.ids.map((id) => group.members.find((member) => member.id === id)).map((member) => (member ? calledAmong(group.members)(member) : "?"));
  return app.t("duplicates.weakest", { one, other, relation: relationName(app, group.weakest.relation), score: app.percent(group.weakest.score) });
}

/** A group in which nothing is left to choose. @param {any} app @param {import("./turn.js").Turn} turn @param {() => void} reopen */
export function settled(app, turn, reopen) {
  // i18n: duplicates.state_apart duplicates.state_reference duplicates.state_keep duplicates.state_remove duplicates.state_open
  const state = (one) => app.t(`duplicates.state_${turn.apart.has(one) ? "apart" : one.reference ? "reference" : turn.picks.get(one) ?? "open"}`);
  const name = calledAmong(turn.members);
  return h("div", { class: "over-now" }, h("p", null, icon("exact"), app.t("duplicates.settled")),
    h("ul", null, turn.members.map((one) => h("li", null, h("b", null, state(one)), " ", h("span", { title: one.path }, name(one))))),
    h("div", { class: "row" }, h("button", { type: "button", class: "button", onclick: reopen }, icon("undo"), app.t("duplicates.reopen"))));
}

/** Links to pictures outside, each of which can be taken in. @param {any} app @param {any} group @param {(link: any) => void} merge */
export function loose(app, group, merge) {
  if (!group.loose.length) return null;
  const inside = new Set(group.members.map((member) => member.id));
  return h("div", { class: "loose" }, h("h2", null, app.t("duplicates.loose")), h("ul", null, group.loose.map((link) => {
    const other = inside.has(link.ids[0]) ? link.ids[1] : link.ids[0];
    return h("li", null,
      h("img", { src: app.api.url(`${app.path(`/images/${other}/thumbnail`)}?size=128`), alt: app.t("library.tile", { id: String(other) }), loading: "lazy" }),
      badge(app, link.relation), h("b", null, app.percent(link.score)),
      h("a", { class: "button small", href: `#/compare?${new URLSearchParams({ a: link.ids[0], b: link.ids[1] })}` }, app.t("search.compare")),
      h("button", { type: "button", class: "button small", onclick: () => merge(link) }, app.t("duplicates.merge")));
  })));
}

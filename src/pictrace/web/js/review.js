/** @file Going through groups of duplicates, one pair at a time, by the keyboard. */

import { changed } from "./changes.js";
import { fill, h, icon } from "./dom.js";
import { CLASSES, choose, className, decide, someGroups } from "./groups.js";
import { guarded } from "./guarded.js";
import { bind, showKeys } from "./keyboard.js";
import { instead, styled } from "./router.js";
import { called, calledAmong, keeps, loose, related, settled, sides, strip, verdict, weakest } from "./sides.js";
import { Turn } from "./turn.js";
import { Viewer } from "./viewer.js";

const SOON_MS = 200;
/** A look at what was done to a picture costs the service a comparison; who answers at once does not wait for it. */

const ANSWERS = [
  { name: "left", key: "1", says: "duplicates.keep_left" },
  { name: "left", key: "ArrowLeft", shown: "←", says: "duplicates.keep_left" },
  { name: "right", key: "2", says: "duplicates.keep_right" },
  { name: "right", key: "ArrowRight", shown: "→", says: "duplicates.keep_right" },
  { name: "both", key: "b", says: "duplicates.keep_both" },
  { name: "different", key: "n", says: "duplicates.not_one" },
  { name: "alternate", key: "a", says: "duplicates.alternate" },
];

/** @param {HTMLElement} root @param {any} app @param {any} params @returns {() => void} */
export function mount(root, app, params) {
  styled("library");
  styled("compare");
  return guarded(root, app, { title: "duplicates.title", refusal: "duplicates.forbidden" }, () => {
    const review = new Review(root, app, params);
    review.run().catch((error) => review.fail(error));
    return () => review.leave();
  });
}

class Review {
  constructor(root, app, params) {
    Object.assign(this, { root, app, stop: new AbortController(), timer: 0, way: "pair", viewer: null });
    this.certainty = CLASSES.includes(params.certainty) ? params.certainty : "";
    this.wanted = params.at ?? "";
    this.state = params.all ? "all" : "open";
    /** @type {Turn[]} */
    this.turns = [];
    this.at = 0;
    this.past = [];
    this.cursor = "";
    this.total = 0;
    this.unbind = bind("duplicates.keys", [
      ...ANSWERS.map(({ name, ...binding }) => ({ ...binding, run: () => this.answer(name) })),
      { key: "u", says: "duplicates.undo", shown: "u, Ctrl+Z", run: () => this.undo() },
      { key: "j", says: "duplicates.next", run: () => this.go(1) },
      { key: "k", says: "duplicates.previous", run: () => this.go(-1) },
      { key: "d", says: "duplicates.look", run: () => this.look() },
      { key: "Escape", shown: "Esc", says: "duplicates.back", run: () => app.navigate("#/duplicates") },
    ]);
    const takeBack = (event) => {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z" && !event.target.closest("input:not([type=radio], [type=checkbox]), textarea")) {
        event.preventDefault();
        this.undo();
      }
    };
    document.addEventListener("keydown", takeBack, { signal: this.stop.signal });
  }

  get turn() { return this.turns[this.at]; }

  get areEqual() { return this.turn?.left.sha256 === this.turn?.right?.sha256; }

  async run() {
    const { app, root } = this;
    fill(root, h("div", { class: "review", "aria-busy": "true" }, h("h1", null, app.t("duplicates.review")), h("div", { class: "stage-empty" })));
    await this.more();
    const place = this.turns.findIndex((turn) => turn.group.id === this.wanted);
    this.at = Math.max(0, place);
    this.draw();
  }

  /** The groups behind those that are here. */
  async more() {
    const { groups, next, count } = await someGroups(this.app, { certainty: this.certainty, state: this.state, from: this.cursor });
    const known = new Set(this.turns.map((turn) => turn.group.id));
    this.turns.push(...groups.filter((group) => !known.has(group.id)).map((group) => new Turn(group)));
    this.cursor = next ?? "";
    this.total = Math.max(this.turns.length, this.total, count);
  }

  draw() {
    if (this.stop.signal.aborted) return;
    this.drop();
    const { app, root, turn } = this;
    if (!turn) return this.finish();
    const { group } = turn;
    const { relation, score } = related(app, turn);
    const focused = root.contains(document.activeElement) && (document.activeElement.dataset.answer || "h1");
    this.stage = h("div", { class: "looked" }, turn.isOver ? settled(app, turn, () => this.reopen()) : sides(app, turn, (name) => this.answer(name)));
    this.changes = h("div", { class: "review-changes" });
    fill(root, h("article", { class: `review ${relation}` },
      this.steps(),
      h("header", { class: "verdict-line" },
        h("div", null, h("h1", { tabindex: -1 }, app.t("duplicates.group_of", { at: this.at + 1, count: this.total })),
          h("p", { class: "dim" }, this.subtitle())),
        this.verdict = h("div", { class: "verdict" }, verdict(app, relation, score))),
      this.stage,
      !turn.isOver && this.bar(),
      strip(app, turn, (member) => { turn.show(member); this.draw(); }),
      h("div", { class: "facts" },
        this.changes,
        h("section", null, h("h2", null, app.t("duplicates.links")), h("p", null, weakest(app, group) || app.t("duplicates.all_equal")), loose(app, group, (link) => this.merge(link))))));
    // Who answers with the focus on a button stays on it; else on the heading, and never at the page's beginning.
    if (focused) (root.querySelector(`[data-answer="${focused}"]`) ?? root.querySelector("h1")).focus({ preventScroll: true });
    document.title = `${app.t("duplicates.review")} · PicTrace`;
    if (!turn.isOver) this.timer = setTimeout(() => this.compare().catch((error) => this.quiet(error)), SOON_MS);
    app.announce(this.sentence());
  }

  subtitle() {
    const { app, turn } = this;
    const words = [className(app, turn.group.certainty), app.t("duplicates.files", { count: turn.members.length })];
    if (turn.waiting > 1) words.push(app.t("duplicates.waiting", { count: turn.waiting }));
    return words.join(" · ");
  }

  /** What a screen reader is told of a pair. */
  sentence() {
    const { app, turn } = this;
    const place = app.t("duplicates.group_of", { at: this.at + 1, count: this.total });
    if (turn.isOver) return `${place}. ${app.t("duplicates.settled")}`;
    const said = (one) => `${calledAmong([turn.left, turn.right])(one)}, ${app.t("search.pixels", { width: one.width, height: one.height })}, ${app.bytes(one.size)}`;
    return `${place}. ${app.t("duplicates.left")}: ${said(turn.left)}. ${app.t("duplicates.right")}: ${said(turn.right)}.`;
  }

  steps() {
    const { app } = this;
    const step = (by, symbol, label) => h("button", { type: "button", class: "button icon-only", "aria-label": label, title: label, disabled: !this.turns[this.at + by], onclick: () => this.go(by) }, icon(symbol));
    const settled = this.turns.filter((turn) => turn.isOver).length;
    return h("nav", { class: "steps", "aria-label": app.t("duplicates.title") },
      h("a", { class: "button bare", href: "#/duplicates" }, icon("back"), app.t("duplicates.back")),
      h("span", { class: "row" }, h("span", { class: "dim small" }, app.t("duplicates.done_of", { done: settled, count: this.total })),
        step(-1, "back", app.t("duplicates.previous")), step(1, "next", app.t("duplicates.next"))));
  }

  bar() {
    const { app, turn } = this;
    const button = (name, key, label) => h("button", { type: "button", class: "button", "data-answer": name, "aria-keyshortcuts": key, "aria-disabled": turn.refusal(name) ? "true" : null, onclick: () => this.answer(name) }, label, h("kbd", null, key));
    const plain = (key, symbol, label, run, more = {}) => h("button", { type: "button", class: "button bare", "aria-keyshortcuts": key, onclick: run, ...more }, icon(symbol), label, h("kbd", null, key));
    return h("div", { class: "answers", role: "group", "aria-label": app.t("duplicates.answers") },
      button("both", "b", app.t("duplicates.keep_both")),
      button("different", "n", app.t("duplicates.not_one")),
      button("alternate", "a", app.t("duplicates.alternate")),
      h("span", { class: "gap" }),
      plain("d", "compare", app.t("duplicates.look"), () => this.look()),
      plain("u", "undo", app.t("duplicates.undo"), () => this.undo(), { disabled: !this.past.length }),
      plain("?", "keys", app.t("duplicates.help"), () => showKeys(app)));
  }

  /** Takes what a loose link leads to into the group. */
  merge(link) {
    const { app } = this;
    const ruled = (verdict) => { this.sent(decide(app, link.ids, verdict)).then(() => this.reload(link.ids)).catch((error) => this.fail(error)); };
    ruled("duplicate");
    app.toast({ text: app.t("duplicates.merged"), action: { label: app.t("library.undo"), run: () => ruled(null) } });
  }

  /** The groups as the service has them now, from the one with these pictures on. */
  async reload(ids) {
    Object.assign(this, { turns: [], cursor: "", total: 0, past: [] });
    await this.more();
    this.at = Math.max(0, this.turns.findIndex((turn) => turn.members.some((member) => ids.includes(member.id))));
    this.draw();
  }

  answer(name) {
    const { app, turn } = this;
    if (!turn) return;
    const refusal = turn.refusal(name);
    // i18n: duplicates.nothing_left duplicates.is_reference duplicates.same_bytes
    if (refusal) return void app.toast({ text: app.t(refusal) });
    const before = { at: this.at, kept: turn.kept() };
    const { picks, decision } = turn.answer(name);
    this.past.push({ ...before, decision });
    if (picks.length) this.sent(choose(app, picks));
    if (decision) this.sent(decide(app, decision.ids, decision.verdict));
    if (turn.isOver) this.forward();
    else this.draw();
  }

  /** Nothing is chosen in the group any more; what was decided of pairs stays. */
  reopen() {
    const { group } = this.turn;
    for (const one of group.members) one.pick = null;
    this.sent(choose(this.app, group.members.map(({ id, path }) => ({ id, path, pick: null }))));
    this.turns[this.at] = new Turn(group);
    this.past = this.past.filter((one) => one.at !== this.at);
    this.draw();
  }

  /** On to the next group in which something is left. */
  forward() {
    const ahead = this.turns.findIndex((turn, place) => place > this.at && !turn.isOver);
    if (ahead >= 0) return this.to(ahead);
    if (this.cursor) return void this.more().then(() => this.forward(), (error) => this.fail(error));
    const behind = this.turns.findIndex((turn) => !turn.isOver);
    this.to(behind >= 0 ? behind : this.turns.length);
  }

  to(place) { this.at = place; this.draw(); }

  go(by) { if (this.turns[this.at + by]) this.to(this.at + by); }

  undo() {
    const { app } = this;
    const last = this.past.pop();
    if (!last) return void app.announce(app.t("duplicates.nothing_undone"));
    const turn = this.turns[last.at];
    const picks = turn.restore(last.kept);
    if (last.decision) this.sent(decide(app, last.decision.ids, null));
    if (picks.length) this.sent(choose(app, picks));
    this.to(last.at);
    app.announce(app.t("duplicates.undone"));
  }

  /** One goes on meanwhile, and is told of an answer that did not arrive. */
  sent(request) {
    return request.catch((error) => { this.app.report(error); });
  }

  /** How the pair differs: the pictures under a slider, then their difference, then beside each other again. */
  look() {
    const ways = ["slider", "difference"].filter((way) => this.told?.drawing[way === "slider" ? "aligned" : way]);
    const order = ["pair", ...ways];
    this.way = order[(order.indexOf(this.way) + 1) % order.length];
    if (!ways.length) this.app.announce(this.app.t(this.told ? "compare.not_laid" : this.areEqual ? "reason.same_bytes" : "compare.comparing"));
    else if (this.way === "pair") this.app.announce(this.sentence());
    this.laid();
  }

  laid() {
    const { app, turn, told } = this;
    if (!turn || turn.isOver) return;
    this.viewer?.leave();
    this.viewer = null;
    if (this.way === "pair" || !told) return void fill(this.stage, sides(app, turn, (name) => this.answer(name)));
    this.viewer = new Viewer(app, told.drawing, { query: called(turn.left), match: called(turn.right) }, told.match.changes);
    this.viewer.show(this.way);
    fill(this.stage, this.viewer.element, h("div", { class: "row middle" }, keeps(app, (name) => this.answer(name))));
    // i18n: compare.slider compare.difference
    app.announce(app.t(`compare.${this.way}`));
  }

  async compare() {
    const { app, turn } = this;
    if (this.areEqual) return void fill(this.changes, h("section", null, h("h2", null, app.t("change.heading")), h("p", null, app.t("reason.same_bytes"))));
    const told = await app.api.send("POST", app.path("/compare"), { image: { id: turn.left.id }, other: { id: turn.right.id } }, { signal: this.looking.signal });
    if (turn !== this.turn) return;
    this.told = told;
    // What the group tells is how each is related to its medoid; this is how the two are to each other.
    if (told.match.relation !== "different") fill(this.verdict, verdict(app, told.match.relation, told.match.score));
    const list = changed(app, told.match.changes);
    fill(this.changes, list && h("p", { class: "dim small" }, app.t("duplicates.as_left", { name: called(turn.left) })), list);
    if (this.way !== "pair") this.laid();
  }

  /** What the pair looks like is shown if it can be; without it one can still answer. */
  quiet(error) {
    if (error.name !== "AbortError" && !["rate_limited", "overloaded", "too_many_in_flight"].includes(error.code)) this.app.report(error);
  }

  drop() {
    clearTimeout(this.timer);
    this.looking?.abort();
    this.viewer?.leave();
    Object.assign(this, { viewer: null, told: null, looking: new AbortController() });
  }

  finish() {
    const { app, root } = this;
    const again = this.past.length > 0 && h("button", { type: "button", class: "button", "aria-keyshortcuts": "u", onclick: () => this.undo() }, icon("undo"), app.t("duplicates.undo"), h("kbd", null, "u"));
    fill(root, instead("exact", app.t(this.turns.length ? "duplicates.all_done" : "duplicates.none_open"), h("a", { class: "button primary", href: "#/duplicates" }, app.t("duplicates.to_plan")), again));
    Object.assign(root.querySelector("h1"), { tabIndex: -1 }).focus({ preventScroll: true });
    app.announce(app.t(this.turns.length ? "duplicates.all_done" : "duplicates.none_open"));
  }

  fail(error) {
    if (error.name === "AbortError" || this.stop.signal.aborted) return;
    const { app, root } = this;
    if (!error.code) console.error(error);
    fill(root, instead("warning", app.sentence(error), h("a", { class: "button", href: "#/duplicates" }, app.t("duplicates.back"))));
    app.announce(app.sentence(error), { assertive: true });
  }

  leave() {
    this.stop.abort();
    this.drop();
    this.looking.abort();
    this.unbind();
  }
}

/** @file Duplicates: looking for them, how many there are and how sure, and the plan of what is to be done. */

import { fill, h, icon } from "./dom.js";
import { className, groupsOf } from "./groups.js";
import { refill } from "./held.js";
import { advance, progress, shareOf } from "./jobcard.js";
import { hasEnded, liveOf } from "./live.js";
import { PlanPanel } from "./planpanel.js";
import { styled } from "./router.js";
import { called } from "./sides.js";
import { may } from "./words.js";

const SHOWN = 24;
/** Between two looks at the groups found so far: what a key may ask in a minute is for what people do. */
const PACE_MS = 10_000;

/** @param {HTMLElement} root @param {any} app @returns {() => void} */
export function mount(root, app) {
  styled("library");
  const view = new Duplicates(root, app);
  view.read().catch((error) => view.fail(error));
  return () => view.leave();
}

class Duplicates {
  #ending = new AbortController();
  #told = null;
  #chosen = "";
  #reads = 0;
  #seen = 0;
  #cursor = "";

  constructor(root, app) {
    Object.assign(this, { root, app, live: liveOf(app) });
    const { t } = app;
    this.said = h("p", { class: "soft" });
    this.start = h("div");
    this.running = h("div", { class: "running", hidden: true });
    this.classes = h("ul", { class: "classes" });
    this.list = h("div", { class: "found-groups" });
    this.plan = new PlanPanel(app, () => this.read());
    fill(root, h("section", { class: "duplicates-view" },
      h("header", { class: "plain-head" }, h("h1", { tabindex: -1 }, t("duplicates.title")), this.said),
      this.start, this.running, this.classes, this.plan.element, this.list));
    const { signal } = this.#ending;
    this.live.addEventListener("job", (event) => this.#hear(event.detail), { signal });
    this.live.addEventListener("jobs", () => this.#draw(), { signal });
    for (const off of [app.on("groups", (told) => this.#partly(told)), app.on("info", () => this.#draw())]) signal.addEventListener("abort", off);
  }

  async read({ withPlan = true } = {}) {
    const mine = ++this.#reads;
    this.#seen = performance.now();
    const told = await groupsOf(this.app, { limit: SHOWN, ...(this.#chosen && { certainty: this.#chosen }) });
    if (mine !== this.#reads || this.#ending.signal.aborted) return;
    this.#told = told;
    this.#draw();
    this.#drawList(told);
    if (withPlan) await this.plan.read();
  }

  /** Some groups more: how many is told with the news, which ones is asked for now and then. */
  #partly({ found, job, classes }) {
    if (!this.#told) return;
    this.#told = { ...this.#told, found, job, classes };
    this.#draw();
    if (job && performance.now() - this.#seen > PACE_MS) this.read({ withPlan: false }).catch(() => {});
  }

  get #job() {
    return [...this.live.jobs.values()].find((job) => job.kind === "duplicates" && !hasEnded(job)) ?? null;
  }

  #hear(job) {
    if (job.kind !== "duplicates") return this.plan.hear(job);
    if (hasEnded(job)) {
      const { app } = this;
      if (job.problem) app.report(job.problem);
      else if (job.state === "done") app.announce(app.t("duplicates.found_said"));
      this.read().catch((error) => this.fail(error));
    }
    this.#draw();
  }

  #draw() {
    const { app } = this;
    const told = this.#told;
    const job = this.#job;
    if (!told) return;
    this.#drawStart(told, job);
    this.#drawJob(job);
    fill(this.said, told.found ? this.#asked(told) : app.t("duplicates.lead"));
    const classes = told.classes.filter((one) => one.groups);
    refill(this.classes, classes.map((one) => h("li", { class: `class ${one.certainty}` }, this.#class(one))));
  }

  #asked({ found, job }) {
    const { app } = this;
    // i18n: duplicates.wanted_exact duplicates.wanted_copy duplicates.wanted_scene duplicates.wanted_similar
    const what = app.t(`duplicates.wanted_${found.relation}`);
    return job ? app.t("duplicates.looking_for", { what }) : app.t("duplicates.looked_for", { what, date: app.date(found.at) });
  }

  #drawStart(told, job) {
    const { app } = this;
    if (job || !may(app, "index")) return void refill(this.start, !job && !told.found && h("p", { class: "hint" }, app.t("duplicates.forbidden"), " ", app.t("shell.ask_key")));
    // What is typed is not lost when something is heard meanwhile.
    if (this.start.querySelector("form")) return;
    const relation = h("select", { id: "duplicates-relation" }, ["exact", "copy", "scene"].map((name) => h("option", { value: name, selected: name === (told.found?.relation ?? "copy") }, app.t(`duplicates.wanted_${name}`))));
    const folders = h("textarea", { id: "duplicates-references", rows: 2, spellcheck: "false", value: (told.found?.references ?? []).join("\n") });
    const filter = h("input", { id: "duplicates-filter", type: "text", spellcheck: "false", maxlength: 2000, placeholder: app.t("library.filter_placeholder"), value: told.found?.filter ?? "" });
    const least = h("input", { id: "duplicates-score", type: "number", min: 0, max: 100, step: 1, value: Math.round(100 * (told.found?.min_score ?? 0)) });
    const look = (event) => {
      event.preventDefault();
      const references = folders.value.split("\n").map((line) => line.trim()).filter(Boolean);
      const asked = { relation: relation.value, references, filter: filter.value.trim(), min_score: (least.valueAsNumber || 0) / 100 };
      app.api.send("POST", app.path("/duplicates"), asked).then((begun) => { refill(this.start); this.live.meet(begun); this.#draw(); }, app.report);
    };
    const form = h("form", { class: "start", onsubmit: look },
      h("div", { class: "field" }, h("label", { for: relation.id }, app.t("duplicates.relation")), h("span", { class: "select" }, relation)),
      h("div", { class: "field" }, h("label", { for: filter.id }, app.t("library.filter")), filter),
      h("div", { class: "field" }, h("label", { for: least.id }, app.t("duplicates.min_score")), least),
      h("div", { class: "field wide" }, h("label", { for: folders.id }, app.t("duplicates.references")), folders, h("p", { class: "dim small" }, app.t("duplicates.references_help"))),
      h("button", { class: "button primary" }, icon("search"), app.t("duplicates.look_for")));
    refill(this.start, told.found ? h("details", null, h("summary", null, app.t("duplicates.again")), form) : form);
  }

  #drawJob(job) {
    const { app } = this;
    this.running.hidden = !job;
    if (!job) return void refill(this.running);
    this.bar ??= progress(app.t("jobs.kind_duplicates"));
    const share = shareOf(job);
    const text = job.state === "queued" ? app.t("jobs.state_queued") : job.total ? app.t("jobs.of", { done: job.done, total: job.total }) : app.t("jobs.state_running");
    advance(this.bar, job.state === "queued" ? 0 : share, text);
    const cancel = h("button", { type: "button", class: "button small", onclick: () => app.api.send("DELETE", app.path(`/jobs/${job.id}`)).catch(app.report) }, app.t("jobs.cancel"));
    if (this.running.dataset.job !== job.id) {
      this.running.dataset.job = job.id;
      this.figures = h("span");
      fill(this.running, h("p", null, h("b", null, app.t("jobs.kind_duplicates")), " ", this.figures), cancel, this.bar);
    } else if (!this.running.children.length) fill(this.running, h("p", null, h("b", null, app.t("jobs.kind_duplicates")), " ", this.figures), cancel, this.bar);
    fill(this.figures, text);
  }

  /** A class of groups: how many, what they take, how far the review is. */
  #class(one) {
    const { app } = this;
    const name = className(app, one.certainty);
    const isOver = one.settled === one.groups;
    const mayChoose = may(app, "index");
    const toggle = () => { this.#chosen = this.#chosen === one.certainty ? "" : one.certainty; this.read().catch(app.report); };
    return [
      h("button", { type: "button", class: "class-name", "aria-pressed": String(this.#chosen === one.certainty), onclick: toggle }, icon({ exact: "exact", sure: "copy", copy: "copy", scene: "scene" }[one.certainty]), name),
      h("p", { class: "figure" }, h("b", null, app.number(one.groups)), " ", app.t("duplicates.groups", { count: one.groups })),
      h("p", { class: "dim small" }, app.t("duplicates.spare", { count: one.spare_files, bytes: app.bytes(one.spare_bytes) })),
      h("p", { class: "dim small" }, isOver ? app.t("duplicates.class_done") : app.t("duplicates.done_of", { done: one.settled, count: one.groups })),
      mayChoose && h("div", { class: "row" },
        !isOver && h("a", { class: "button primary", href: `#/review?certainty=${one.certainty}`, "aria-label": `${app.t("duplicates.review")}: ${name}` }, app.t("duplicates.review")),
        one.certainty === "exact" && !isOver && h("button", { type: "button", class: "button", onclick: (event) => this.#accept(event.currentTarget) }, app.t("duplicates.accept_all")))];
  }

  /** Chooses by rules in every group of equal files; nothing is done to any before the plan is applied. */
  async #accept(button) {
    const { app } = this;
    // One that is disabled would lose the focus.
    if (button.ariaBusy) return;
    button.ariaBusy = "true";
    try {
      let settled = 0;
      for (let left = 1; left > 0;) {
        const told = await app.api.send("POST", app.path("/duplicates/accept"), { certainty: "exact" });
        settled += told.settled;
        left = told.settled ? told.left : 0;
      }
      app.toast({ text: app.t("duplicates.accepted", { count: settled }) });
    } catch (error) {
      app.report(error);
    }
    await this.read().catch(app.report);
  }

  #drawList(told) {
    const { app } = this;
    this.#cursor = told.next_cursor ?? "";
    if (!told.groups.length) {
      const none = told.found && !told.job && !told.classes.some((one) => one.groups);
      return void refill(this.list, none && h("div", { class: "big-note" }, icon("exact"), h("h2", null, app.t("duplicates.none_found"))));
    }
    this.rows = h("ul", { class: "groups" }, told.groups.map((group) => this.#row(group)));
    this.more = h("button", { type: "button", class: "button", hidden: !this.#cursor, onclick: () => this.#further().catch(app.report) }, app.t("jobs.more"));
    refill(this.list, h("h2", null, app.t("duplicates.groups_heading", { count: told.count })), this.rows, h("div", { class: "row middle" }, this.more));
  }

  async #further() {
    const told = await groupsOf(this.app, { limit: SHOWN, cursor: this.#cursor, ...(this.#chosen && { certainty: this.#chosen }) });
    this.#cursor = told.next_cursor ?? "";
    this.rows.append(...told.groups.map((group) => this.#row(group)));
    this.more.hidden = !this.#cursor;
  }

  #row(group) {
    const { app } = this;
    const href = `#/review?${new URLSearchParams({ certainty: group.certainty, at: group.id, ...(group.settled && { all: "1" }) })}`;
    const name = called(group.members[0]);
    const bytes = group.members.reduce((sum, one) => sum + one.size, 0);
    const content = [
      h("span", { class: "thumbs" }, group.members.slice(0, 4).map((one) => h("img", { src: app.api.url(`${app.path(`/images/${one.id}/thumbnail`)}?size=128`), alt: "", loading: "lazy", width: 64, height: 64 }))),
      h("span", { class: "group-said" }, h("b", { title: group.members[0].path }, name),
        h("span", { class: "dim small" }, [app.t("duplicates.files", { count: group.members.length }), app.bytes(bytes), className(app, group.certainty), app.percent(group.score)].join(" · ")),
        group.settled && h("span", { class: "badge exact" }, icon("exact"), app.t("duplicates.settled")))];
    return h("li", null, !may(app, "index") ? h("div", { class: "group" }, content) : h("a", { class: "group", href }, content));
  }

  fail(error) {
    if (this.#ending.signal.aborted) return;
    this.app.report(error);
  }

  leave() {
    this.#ending.abort();
  }
}


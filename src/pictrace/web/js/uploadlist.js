/** How uploads stand: all of them as figures, and one by one what is on its way, what failed and what came in last. */

import { h, fill } from "./dom.js";
import { JobCard, advance, progress } from "./jobcard.js";
import { icon } from "./libraryicons.js";
import { liveOf } from "./live.js";
import { UploadRow } from "./uploadrow.js";
import { duration, sentence } from "./words.js";

const FAILED_AT_ONCE = 50;
const TICK_MS = 500;
// Small files arrive faster than anybody reads figures.
const DRAWN_MS = 90;

export class UploadList {
  #waiting = 0;
  #rows = new Map();
  #cards = new Map();
  #shownFailed = FAILED_AT_ONCE;
  #wasBusy;

  /** @param {any} app @param {import("./uploads.js").Uploads} uploads */
  constructor(app, uploads) {
    Object.assign(this, { app, uploads, live: liveOf(app) });
    this.#wasBusy = uploads.isBusy;
    this.#build();
    uploads.addEventListener("change", this.#soon);
    this.live.addEventListener("job", this.#soon);
    // The time that is left goes on even if nothing arrives.
    this.timer = setInterval(() => uploads.isBusy && this.#soon(), TICK_MS);
    this.#draw();
  }

  close() {
    this.uploads.removeEventListener("change", this.#soon);
    this.live.removeEventListener("job", this.#soon);
    clearInterval(this.timer);
    clearTimeout(this.#waiting);
    for (const row of this.#rows.values()) row.close();
  }

  #build() {
    const { uploads } = this;
    const { t } = this.app;
    const list = (kind) => h("ul", { class: `upload-rows ${kind}` });
    const button = (label, run) => h("button", { type: "button", class: "button small", onclick: run }, label);
    this.bar = progress(t("add.progress"));
    this.title = h("h2", null);
    this.figures = h("p", { class: "job-counts" });
    this.pause = h("p", { class: "upload-pause", hidden: true }, icon("warning"), h("span", null));
    this.cancel = button(t("add.cancel_all"), () => uploads.cancelAll());
    this.clear = button(t("add.clear"), () => uploads.clear());
    this.retry = button(t("add.retry_all"), () => uploads.retry());
    this.more = button(t("jobs.more"), () => {
      this.#shownFailed += FAILED_AT_ONCE;
      this.#draw();
    });
    this.active = list("active");
    this.handed = h("div", { class: "jobs-list" });
    this.failed = list("failed");
    this.failedTitle = h("h3", null);
    this.failedPart = h("section", null, h("header", null, this.failedTitle, this.retry), this.failed, this.more);
    this.recent = h("ul", { class: "upload-recent" });
    this.recentPart = h("section", null, h("header", null, h("h3", null, t("add.recent"))), this.recent);
    this.summary = h("div", { class: "upload-sum" }, h("header", null, this.title, this.cancel, this.clear), this.bar,
      this.figures, this.pause, this.active);
    this.element = h("div", { class: "uploads" }, this.summary, this.handed, this.failedPart, this.recentPart);
  }

  #soon = () => {
    this.#waiting ||= setTimeout(() => {
      this.#waiting = 0;
      this.#draw();
    }, DRAWN_MS);
  };

  #draw() {
    const { uploads } = this;
    const { t } = this.app;
    const { isBusy } = uploads;
    this.element.hidden = uploads.counts.total === 0 && !uploads.counts.skipped;
    fill(this.title, isBusy ? t("add.sending", { count: uploads.waiting + uploads.active.size }) : t("add.finished"));
    this.cancel.hidden = !isBusy;
    this.clear.hidden = isBusy;
    this.bar.hidden = !isBusy;
    advance(this.bar, uploads.share, this.app.percent(uploads.share));
    fill(this.figures, this.#figures().map((text) => h("span", null, text)));
    this.#drawPause();
    this.#rowsOf(this.active, [...uploads.active]);
    this.failedPart.hidden = !uploads.failed.length;
    fill(this.failedTitle, t("jobs.failed", { count: uploads.failed.length }));
    this.#rowsOf(this.failed, uploads.failed.slice(0, this.#shownFailed));
    this.more.hidden = uploads.failed.length <= this.#shownFailed;
    this.recentPart.hidden = !uploads.recent.length;
    this.#rowsOf(this.recent, uploads.recent);
    this.#drawJobs();
    this.#sweep();
    if (this.#wasBusy && !isBusy) this.#announce();
    this.#wasBusy = isBusy;
  }

  #figures() {
    const { app, uploads } = this;
    const { t } = app;
    const { added, known, cancelled, skipped, total } = uploads.counts;
    const said = [];
    if (uploads.isBusy) said.push(t("jobs.of", { done: total - uploads.waiting - uploads.active.size, total }));
    if (added) said.push(t("jobs.added", { count: added }));
    if (known) said.push(t("jobs.known", { count: known }));
    if (uploads.failed.length) said.push(t("jobs.failed", { count: uploads.failed.length }));
    if (cancelled) said.push(t("add.cancelled", { count: cancelled }));
    if (skipped) said.push(t("add.skipped", { count: skipped }));
    const rate = uploads.isBusy && !uploads.pause ? uploads.pace.rate() : null;
    if (rate?.files) {
      said.push(t("add.rate", { rate: app.number(Math.round(rate.files * 10) / 10), bytes: app.bytes(rate.bytes) }));
      const left = uploads.pace.left(uploads.share);
      if (left !== null) said.push(t("jobs.left", { time: duration(app, left) }));
    }
    return said;
  }

  #drawPause() {
    const { pause } = this.uploads;
    this.pause.hidden = !pause;
    if (!pause) return;
    const seconds = Math.max(1, Math.ceil((pause.until - Date.now()) / 1000));
    fill(this.pause.lastChild, sentence(this.app, pause.problem), " ", this.app.t("add.goes_on", { count: seconds }));
  }

  /** Shows items as rows, of which those that are there already are kept. */
  #rowsOf(list, items) {
    items.forEach((item, index) => {
      let row = this.#rows.get(item.key);
      if (!row) {
        row = new UploadRow(this.app, this.uploads, item);
        this.#rows.set(item.key, row);
      }
      row.update();
      if (list.children[index] !== row.element) list.insertBefore(row.element, list.children[index] ?? null);
    });
    while (list.children.length > items.length) list.lastChild.remove();
  }

  #drawJobs() {
    this.uploads.handed.forEach((item, index) => {
      const job = this.live.jobs.get(item.job.id) ?? item.job;
      const card = this.#cards.get(job.id) ?? new JobCard(this.app, job);
      this.#cards.set(job.id, card);
      card.update(job);
      const { children } = this.handed;
      if (children[index] !== card.element) this.handed.insertBefore(card.element, children[index] ?? null);
    });
    while (this.handed.children.length > this.uploads.handed.length) this.handed.lastChild.remove();
  }

  #sweep() {
    for (const [key, row] of this.#rows) {
      if (row.element.isConnected || !this.element.isConnected) continue;
      row.close();
      this.#rows.delete(key);
    }
  }

  #announce() {
    const { t } = this.app;
    this.app.announce([t("add.finished"), ...this.#figures()].join(" "), { assertive: this.uploads.failed.length > 0 });
  }
}

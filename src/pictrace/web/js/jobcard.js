/** One job as a card: what it does, how far it is, what failed; kept up to date in place. */

import { h, fill } from "./dom.js";
import { icon } from "./libraryicons.js";
import { hasEnded } from "./live.js";
import { home } from "./order.js";
import { aboutJob, advice, duration, may, sentence } from "./words.js";

const DRAWINGS = { index: "folder", rescan: "folder", zip: "zip", urls: "link", rebuild: "refresh", fold: "refresh", spaces: "refresh", duplicates: "compare", apply: "zip", undo: "undo" };

/** How much of a job is done, 0 to 1, or null where nobody knows. @param {import("./live.js").Job} job */
export function shareOf(job) {
  if (job.state === "done") return 1;
  return job.total ? Math.min(1, job.done / job.total) : null;
}

/** A bar of progress with its words for screen readers. @returns {HTMLElement} */
export function progress(label) {
  return h("div", { class: "progress", role: "progressbar", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100 },
    h("span", { class: "progress-done" }));
}

/** @param {HTMLElement} bar @param {number | null} share @param {string} [text] */
export function advance(bar, share, text) {
  bar.classList.toggle("is-unknown", share === null);
  if (share === null) bar.removeAttribute("aria-valuenow");
  else {
    bar.setAttribute("aria-valuenow", String(Math.floor(share * 100)));
    bar.style.setProperty("--share", share.toFixed(4));
  }
  if (text) bar.setAttribute("aria-valuetext", text);
}

export class JobCard {
  #after = 0;

  /** @param {any} app @param {import("./live.js").Job} job */
  constructor(app, job) {
    this.app = app;
    const { t } = app;
    const { kind, name } = aboutJob(app, job);
    const title = h("h3", { id: `job-${job.id}` }, h("span", null, kind), name ? ` ${name}` : "");
    this.state = h("span", { class: "job-state" });
    this.bar = progress(title.textContent);
    this.counts = h("p", { class: "job-counts" });
    this.latest = h("p", { class: "job-latest" });
    this.problem = h("p", { class: "job-problem", hidden: true });
    this.cancel = h("button", { type: "button", class: "button small", onclick: () => this.#stop() }, t("jobs.cancel"));
    this.list = h("ul", { class: "failures" });
    this.more = h("button", { type: "button", class: "button small", hidden: true, onclick: () => this.#read() }, t("jobs.more"));
    this.summary = h("summary", null);
    this.failures = h("details", { class: "job-failures", hidden: true, ontoggle: () => this.#open() },
      this.summary, this.list, this.more);
    this.element = h("article", { class: "job", "aria-labelledby": `job-${job.id}` },
      h("header", null, h("span", { class: "job-icon" }, icon(DRAWINGS[job.kind] ?? "picture")), title, this.state, this.cancel),
      this.bar, this.counts, this.latest, this.problem, this.failures);
    this.update(job);
  }

  /** @param {import("./live.js").Job} job */
  update(job) {
    const { app } = this;
    const { t } = app;
    this.job = job;
    const share = shareOf(job);
    const ended = hasEnded(job);
    this.element.dataset.state = job.state;
    // i18n: jobs.state_queued jobs.state_running jobs.state_done jobs.state_failed jobs.state_cancelled
    fill(this.state, job.state === "running" && share !== null ? app.percent(Math.min(share, 0.999)) : t(`jobs.state_${job.state}`));
    advance(this.bar, job.state === "queued" ? 0 : share, this.state.textContent);
    this.bar.hidden = ended;
    this.cancel.hidden = ended || !may(app, "index");
    fill(this.counts, this.#figures().map((text) => h("span", null, text)));
    this.latest.textContent = ended ? "" : job.latest ?? "";
    this.latest.hidden = ended || !job.latest;
    this.problem.hidden = !job.problem;
    if (job.problem) fill(this.problem, sentence(app, job.problem), " ", advice(app, job.problem));
    this.failures.hidden = !job.failed;
    fill(this.summary, t("jobs.failed", { count: job.failed }));
  }

  #figures() {
    const { app, job } = this;
    const { t } = app;
    const said = [];
    if (job.state === "running" || job.state === "queued") {
      said.push(job.total ? t("jobs.of", { done: job.done, total: job.total }) : t("jobs.done", { count: job.done }));
    }
    if (job.added) said.push(t("jobs.added", { count: job.added }));
    if (job.known) said.push(t("jobs.known", { count: job.known }));
    if (job.state === "running" && job.rate) said.push(t("jobs.rate", { rate: app.number(Math.round(job.rate * 10) / 10) }));
    if (job.state === "running" && job.eta_seconds) said.push(t("jobs.left", { time: duration(app, job.eta_seconds) }));
    if (hasEnded(job)) {
      if (job.started && job.ended) said.push(t("jobs.took", { time: duration(app, (new Date(job.ended) - new Date(job.started)) / 1000) }));
      said.push(app.date(job.ended ?? job.created));
    }
    return said;
  }

  async #stop() {
    this.cancel.disabled = true;
    try {
      const job = await this.app.api.send("DELETE", `${home(this.app)}/jobs/${this.job.id}`);
      if (job) this.update(job);
    } catch (problem) {
      if (problem.status !== 409) this.app.report(problem);
    } finally {
      this.cancel.disabled = false;
    }
  }

  #open() {
    if (this.failures.open && !this.list.children.length) this.#read();
  }

  async #read() {
    const { app } = this;
    try {
      const path = `${home(app)}/jobs/${this.job.id}/failures?after=${this.#after}`;
      const { failures, next } = await app.api.get(path);
      this.list.append(...failures.map((failure) => h("li", null, h("b", null, failure.path),
        h("span", null, sentence(app, failure)), h("span", { class: "soft" }, advice(app, failure)))));
      this.more.hidden = next === null;
      this.#after = next ?? 0;
    } catch (problem) {
      app.report(problem);
    }
  }
}

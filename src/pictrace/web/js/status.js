/** The strip that is always there: how many pictures, whether all of them are searched, what runs, and whether we are heard. */

import { h, fill } from "./dom.js";
import { icon } from "./libraryicons.js";
import { hasEnded, liveOf } from "./live.js";
import { advance, progress, shareOf } from "./jobcard.js";
import { styled } from "./router.js";
import { aboutJob } from "./words.js";

/** @param {HTMLElement} root @param {any} app @returns {() => void} */
export function mount(root, app) {
  styled("status");
  const strip = new Strip(root, app);
  return () => strip.close();
}

class Strip {
  #ending = new AbortController();
  #frame = 0;
  #wasLost = false;

  constructor(root, app) {
    this.app = app;
    this.live = liveOf(app);
    this.pictures = h("a", { class: "state-pictures", href: "#/library", hidden: true });
    this.index = h("span", { class: "state-index" });
    this.bar = progress("");
    this.words = h("span", null);
    this.job = h("a", { class: "state-job", href: "#/jobs", hidden: true }, this.words, this.bar);
    this.lost = h("span", { class: "state-lost", hidden: true });
    this.element = h("div", { class: "state-strip", role: "group" }, this.pictures, this.index, this.job, this.lost);
    root.append(this.element);
    const { signal } = this.#ending;
    for (const kind of ["job", "jobs", "collection"]) this.live.addEventListener(kind, () => this.#soon(), { signal });
    this.live.addEventListener("state", () => this.#connection(), { signal });
    signal.addEventListener("abort", app.on("language", () => this.#draw()));
    this.#connection();
    this.#draw();
  }

  close() {
    this.#ending.abort();
    cancelAnimationFrame(this.#frame);
    this.element.remove();
  }

  #soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #connection() {
    const { t } = this.app;
    const isLost = this.live.state === "lost";
    this.lost.hidden = !isLost;
    fill(this.lost, icon("warning"), t("status.lost"));
    this.element.classList.toggle("is-lost", isLost);
    if (isLost && !this.#wasLost) this.app.announce(t("status.lost"), { assertive: true });
    if (!isLost && this.#wasLost) this.app.announce(t("status.regained"));
    this.#wasLost = isLost;
  }

  #draw() {
    const { app, live } = this;
    const { collection } = live;
    this.element.setAttribute("aria-label", app.t("status.label"));
    this.pictures.hidden = !collection;
    if (collection) {
      fill(this.pictures, app.t("status.pictures", { count: collection.pictures }));
      this.#drawIndex(collection.index);
    }
    const jobs = [...live.jobs.values()].filter((job) => !hasEnded(job));
    const job = jobs.find((one) => one.state === "running") ?? jobs[0];
    this.job.hidden = !job;
    if (job) this.#drawJob(job, jobs.length);
  }

  #drawIndex(index) {
    const { t, percent } = this.app;
    if (!index) return;
    const parts = [index.exhaustive ? t("status.exact")
      : index.recall === null ? t("status.approximate") : t("status.recall", { share: percent(index.recall) })];
    const behind = index.exhaustive ? 0 : index.behind;
    if (behind) parts.push(t("status.behind", { count: behind }));
    this.index.dataset.state = behind ? "behind" : index.exhaustive ? "exact" : "approximate";
    this.index.title = t(index.exhaustive ? "status.exact_help" : "status.approximate_help");
    fill(this.index, parts.join(" · "));
  }

  #drawJob(job, count) {
    const { app } = this;
    const share = shareOf(job);
    const { kind, name: named } = aboutJob(app, job);
    const name = named || kind;
    const figure = job.state === "queued" ? app.t("jobs.state_queued")
      : share === null ? app.number(job.done) : app.percent(Math.min(share, 0.999));
    const more = count > 1 ? ` ${app.t("status.more", { count: count - 1 })}` : "";
    fill(this.words, h("span", { class: "state-name" }, name), h("b", null, ` ${figure}`), more);
    this.job.title = app.t("status.job_help");
    this.bar.setAttribute("aria-label", name);
    advance(this.bar, share, figure);
  }
}

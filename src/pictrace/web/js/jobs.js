/** What the service works at, and has worked at: newest first, as it happens. */

import { h } from "./dom.js";
import { icon } from "./libraryicons.js";
import { hasEnded, liveOf } from "./live.js";
import { JobCard } from "./jobcard.js";
import { guarded } from "./guarded.js";
import { home } from "./order.js";
import { may, titleOf } from "./words.js";

/** @param {HTMLElement} root @param {any} app @returns {() => void} */
export function mount(root, app) {
  return guarded(root, app, { title: "jobs.title", refusal: "jobs.forbidden" }, () => {
    const view = new Jobs(root, app);
    return () => view.close();
  });
}

class Jobs {
  #ending = new AbortController();
  /** @type {Map<string, JobCard>} */
  #cards = new Map();

  constructor(root, app) {
    this.app = app;
    this.live = liveOf(app);
    this.#build(root);
    const { signal } = this.#ending;
    this.live.addEventListener("jobs", () => this.#order(), { signal });
    this.live.addEventListener("job", (event) => this.#changed(event.detail), { signal });
    window.scrollTo({ top: 0, behavior: "instant" });
    this.#order();
    this.live.read();
  }

  close() {
    this.#ending.abort();
    this.element.remove();
  }

  #build(root) {
    const { t } = this.app;
    this.start = h("div", { class: "deeds" }, starters(this.app, this.live));
    this.running = h("div", { class: "jobs-list" });
    this.past = h("div", { class: "jobs-list" });
    this.pastTitle = h("h2", null, t("jobs.past"));
    this.nothing = h("div", { class: "big-note", hidden: true }, icon("check"), h("h2", null, t("jobs.none_title")),
      h("p", null, t("jobs.none_text")), h("a", { class: "button primary", href: "#/add" }, icon("add"), t("library.add")));
    this.element = h("section", { class: "jobs-view" },
      h("header", { class: "plain-head" }, h("h1", null, t("jobs.title")), this.start),
      this.nothing, this.running, this.pastTitle, this.past);
    root.append(this.element);
  }

  #order() {
    const jobs = [...this.live.jobs.values()];
    sort(this.running, jobs.filter((job) => !hasEnded(job)).map((job) => this.#card(job)));
    sort(this.past, jobs.filter(hasEnded).map((job) => this.#card(job)));
    this.nothing.hidden = jobs.length > 0;
    this.pastTitle.hidden = !this.past.children.length;
  }

  #card(job) {
    const card = this.#cards.get(job.id) ?? new JobCard(this.app, job);
    this.#cards.set(job.id, card);
    card.update(job);
    return card.element;
  }

  #changed(job) {
    const card = this.#cards.get(job.id);
    if (card && hasEnded(card.job) === hasEnded(job)) {
      card.update(job);
      return;
    }
    this.#order();
    const { t, announce } = this.app;
    // i18n: jobs.state_queued jobs.state_running jobs.state_done jobs.state_failed jobs.state_cancelled
    if (hasEnded(job)) announce(`${titleOf(this.app, job)}: ${t(`jobs.state_${job.state}`)}`);
  }
}

/** Puts elements in an order, and moves none that stands right, so that the focus stays. */
function sort(list, elements) {
  const wanted = new Set(elements);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  elements.forEach((element, index) => {
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  });
}

function starters(app, live) {
  // i18n: jobs.start_rescan jobs.start_rebuild
  const start = (kind, drawing) => h("button", { type: "button", class: "button", onclick: async (event) => {
    const button = event.currentTarget;
    // One that is disabled would lose the focus.
    if (button.ariaBusy) return;
    button.ariaBusy = "true";
    try {
      live.meet(await app.api.send("POST", `${home(app)}/jobs`, { kind }));
    } catch (problem) {
      app.report(problem);
    } finally {
      button.ariaBusy = null;
    }
  } }, icon(drawing), app.t(`jobs.start_${kind}`));
  const isOperator = may(app, "admin");
  return [isOperator && app.info.rescan && start("rescan", "folder"), isOperator && start("rebuild", "refresh")];
}

/** What the service works at, and has worked at: newest first, as it happens. */

import { h } from "./dom.js";
import { icon } from "./libraryicons.js";
import { hasEnded, liveOf } from "./live.js";
import { JobCard } from "./jobcard.js";
import { home } from "./order.js";

/** @param {HTMLElement} root @param {any} app @returns {() => void} */
export function mount(root, app) {
  const live = liveOf(app);
  const cards = new Map();
  const { t } = app;
  const running = h("div", { class: "jobs-list" });
  const past = h("div", { class: "jobs-list" });
  const pastTitle = h("h2", null, t("jobs.past"));
  const nothing = h("div", { class: "big-note", hidden: true }, icon("check"), h("h2", null, t("jobs.none_title")),
    h("p", null, t("jobs.none_text")), h("a", { class: "button primary", href: "#/add" }, icon("add"), t("library.add")));
  const element = h("section", { class: "jobs-view" },
    h("header", { class: "plain-head" }, h("h1", null, t("jobs.title")), starters(app, live)),
    nothing, running, pastTitle, past);
  root.append(element);
  window.scrollTo({ top: 0, behavior: "instant" });

  const place = (job) => {
    const card = cards.get(job.id) ?? new JobCard(app, job);
    cards.set(job.id, card);
    card.update(job);
    return card;
  };
  const order = () => {
    const jobs = [...live.jobs.values()];
    sort(running, jobs.filter((job) => !hasEnded(job)).map((job) => place(job).element));
    sort(past, jobs.filter(hasEnded).map((job) => place(job).element));
    nothing.hidden = jobs.length > 0;
    pastTitle.hidden = !past.children.length;
  };
  const changed = ({ detail: job }) => {
    const card = cards.get(job.id);
    const isMoved = !card || hasEnded(card.job) !== hasEnded(job);
    if (!isMoved) return card.update(job);
    order();
    if (hasEnded(job)) app.announce(`${t(`jobs.kind_${job.kind}`)} ${job.name}: ${t(`jobs.state_${job.state}`)}`);
    return undefined;
  };
  live.addEventListener("jobs", order);
  live.addEventListener("job", changed);
  order();
  live.read();
  return () => {
    live.removeEventListener("jobs", order);
    live.removeEventListener("job", changed);
    element.remove();
  };
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
  const rights = app.info?.rights ?? [];
  const start = (kind, drawing) => h("button", { type: "button", class: "button", onclick: async (event) => {
    event.currentTarget.disabled = true;
    const button = event.currentTarget;
    try {
      live.learn(await app.api.send("POST", `${home(app)}/jobs`, { kind }));
    } catch (problem) {
      app.report(problem);
    } finally {
      button.disabled = false;
    }
  } }, icon(drawing), app.t(`jobs.start_${kind}`));
  return h("div", { class: "deeds" }, rights.includes("index") && start("rescan", "folder"),
    rights.includes("admin") && start("rebuild", "refresh"));
}

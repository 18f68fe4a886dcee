/** @file The plan: what would be done to files, done after a confirmation, and taken back. */

import { h, icon } from "./dom.js";
import { refill } from "./held.js";
import { answered } from "./groups.js";
import { hasEnded } from "./live.js";
import { called } from "./sides.js";
import { leftAlone } from "./wording.js";
import { may } from "./words.js";

export class PlanPanel {
  #reads = 0;

  /** @param {any} app @param {() => Promise<void>} changed once something was done to files */
  constructor(app, changed) {
    Object.assign(this, { app, changed, told: null, job: "" });
    this.element = h("section", { class: "plan", "aria-labelledby": "plan-title", hidden: true });
  }

  /** What stands chosen, and what was done last. */
  async read() {
    if (!may(this.app, "delete")) return;
    const mine = ++this.#reads;
    await answered();
    const told = await this.app.api.get(this.app.path("/duplicates/plan"));
    if (mine !== this.#reads) return;
    this.told = told;
    this.draw();
  }

  /** Takes in how a job gets on. @param {any} job */
  hear(job) {
    if (job.kind !== "apply" && job.kind !== "undo") return;
    if (!hasEnded(job)) return this.working(job);
    const { app } = this;
    if (job.id === this.job) {
      this.job = "";
      const said = job.kind === "apply" ? app.t("duplicates.applied", { count: job.done - job.failed }) : app.t("duplicates.taken_back", { count: job.done - job.failed });
      if (job.problem) app.report(job.problem);
      else app.toast({ text: said, detail: job.failed ? app.t("duplicates.failed", { count: job.failed }) : "" });
    }
    this.changed().catch(app.report);
  }

  working(job) {
    const { app } = this;
    refill(this.element, this.#title(), h("p", { role: "status" }, app.t("jobs.of", { done: job.done, total: job.total ?? 0 })));
    this.element.hidden = false;
  }

  #title() {
    return h("h2", { id: "plan-title" }, this.app.t("duplicates.plan"));
  }

  draw() {
    const { app, told } = this;
    const { chosen, last } = told;
    this.element.hidden = !chosen.files && !last;
    // What is typed is not lost when something is heard meanwhile.
    this.rules ??= h("input", { id: "plan-rules", type: "text", spellcheck: "false", "aria-describedby": "plan-rules-help" });
    refill(this.element, this.#title(),
      chosen.files > 0 && h("p", null, app.t("duplicates.chosen", { count: chosen.files, bytes: app.bytes(chosen.bytes) })),
      chosen.files > 0 && h("div", { class: "field wide" }, h("label", { for: this.rules.id }, app.t("duplicates.rules")), this.rules, h("p", { class: "dim small", id: "plan-rules-help" }, app.t("duplicates.rules_help"))),
      chosen.files > 0 && h("div", { class: "row" }, h("button", { type: "button", class: "button primary", onclick: () => this.plan().catch(app.report) }, app.t("duplicates.make_plan"))),
      last && this.#last(last));
  }

  #last(last) {
    const { app } = this;
    const isUndone = last.state === "undone";
    return h("div", { class: "last" },
      h("p", { class: "dim" }, isUndone ? app.t("duplicates.was_undone", { date: app.date(last.created) }) : app.t("duplicates.was_applied", { count: last.done, date: app.date(last.created) })),
      !isUndone && h("button", { type: "button", class: "button", onclick: () => this.undo(last).catch(app.report) }, icon("undo"), app.t("duplicates.undo_plan")));
  }

  /** Makes the plan, shows what is in it, and does it if that is confirmed. */
  async plan() {
    const { app } = this;
    const rules = (this.rules?.value ?? "").split(",").map((name) => name.trim()).filter(Boolean);
    await answered();
    const plan = await app.api.send("POST", app.path("/duplicates/plan"), { rules });
    const { t } = app;
    const files = (list) => h("ul", { class: "removals", tabindex: 0, "aria-labelledby": "confirm-title" }, list.map((one) => planned(app, one)));
    const more = (list, count) => count > list.length && h("p", { class: "dim small" }, t("duplicates.and_more", { count: count - list.length }));
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": "confirm-title", onclose: () => dialog.remove() },
      h("h2", { id: "confirm-title" }, plan.files ? t("duplicates.confirm", { count: plan.files, bytes: app.bytes(plan.bytes) }) : t("duplicates.nothing_to_do")),
      plan.files > 0 && h("p", null, t("duplicates.confirm_text")),
      files(plan.removals), more(plan.removals, plan.files),
      plan.left_count > 0 && [h("h3", null, t("duplicates.left_alone", { count: plan.left_count })), files(plan.left), more(plan.left, plan.left_count)],
      h("form", { method: "dialog", class: "row end" },
        h("button", { class: "button", value: "no", autofocus: true }, t("shell.cancel")),
        plan.files > 0 && h("button", { type: "button", class: "button primary", onclick: () => { dialog.close(); this.apply(plan).catch(app.report); } }, t("duplicates.apply"))));
    document.body.append(dialog);
    dialog.showModal();
  }

  async apply(plan) {
    this.begun(await this.app.api.send("POST", this.app.path("/duplicates/apply"), { plan: plan.id }));
  }

  async undo(last) {
    this.begun(await this.app.api.send("POST", this.app.path("/duplicates/undo"), { plan: last.plan }));
  }

  /** A job may have ended before its number is known. */
  begun(job) {
    this.job = job.id;
    this.app.api.get(this.app.path(`/jobs/${job.id}`)).then((now) => { if (this.job === job.id) this.hear(now); }, this.app.report);
  }
}

/** A file that goes and for which it does, or that is left alone and why, with their folders: duplicates often have one name. */
function planned(app, one) {
  const folder = one.path.slice(0, one.path.length - called(one).length);
  return h("li", null, h("b", null, called(one)), " ", h("span", { class: "dim small" }, folder),
    h("p", { class: "small" }, one.keeper ? app.t("duplicates.for", { name: one.keeper }) : leftAlone(app, one.reason)));
}

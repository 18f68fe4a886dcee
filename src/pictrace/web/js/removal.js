/**
 * Deleting that can be undone: pictures vanish at once, and the service is told when nobody has asked for them back.
 *
 * It outlives the views: what was deleted in the library is still deleted when one looks elsewhere.
 */

import { forget, home } from "./order.js";
import { sentence } from "./words.js";

const UNDO_SECONDS = 8;
const AT_ONCE = 1000;

/** @typedef {{ids: number[], timer: number, close: (() => void) | undefined}} Batch */

class Removal extends EventTarget {
  /** Pictures that are not to be shown: being deleted, or about to be. @type {Set<number>} */
  hidden = new Set();
  /** @type {Batch[]} */
  #batches = [];

  constructor(app) {
    super();
    this.app = app;
    window.addEventListener("pagehide", () => this.#leave());
  }

  /** Hides pictures, and deletes them when the time to undo is over. @param {number[]} ids */
  remove(ids) {
    const { app } = this;
    const batch = { ids: ids.filter((id) => !this.hidden.has(id)), timer: 0, close: undefined };
    if (!batch.ids.length) return;
    for (const id of batch.ids) this.hidden.add(id);
    this.#batches.push(batch);
    this.#changed();
    batch.timer = setTimeout(() => this.#send(batch), UNDO_SECONDS * 1000);
    const text = app.t("library.deleted", { count: batch.ids.length });
    // Of what else was deleted nothing comes back; who deletes many is not asked which are which.
    const detail = app.info?.rescan ? app.t("library.deleted_again") : "";
    batch.close = app.toast({
      text, detail, seconds: UNDO_SECONDS, action: { label: app.t("library.undo"), run: () => this.#back(batch) },
    });
  }

  /** Takes the last deletion back that can be. @returns {boolean} whether there was one */
  undo() {
    const batch = this.#batches.findLast((one) => one.timer);
    if (batch) this.#back(batch);
    return Boolean(batch);
  }

  #back(batch) {
    if (!this.#take(batch)) return;
    batch.close?.();
    this.#show(batch.ids);
    this.app.announce(this.app.t("library.restored", { count: batch.ids.length }));
  }

  /** Ends the waiting; false if it has ended before. */
  #take(batch) {
    const place = this.#batches.indexOf(batch);
    if (place < 0 || !batch.timer) return false;
    clearTimeout(batch.timer);
    batch.timer = 0;
    this.#batches.splice(place, 1);
    return true;
  }

  async #send(batch) {
    if (!this.#take(batch)) return;
    batch.close?.();
    const left = new Set(batch.ids);
    try {
      for (let start = 0; start < batch.ids.length; start += AT_ONCE) {
        await this.#delete(batch.ids.slice(start, start + AT_ONCE), left);
      }
    } catch (problem) {
      const ids = [...left];
      this.#show(ids);
      const text = this.app.t("library.not_deleted", { count: ids.length, reason: sentence(this.app, problem) });
      this.app.toast({ text, action: { label: this.app.t("library.retry"), run: () => this.remove(ids) } });
    }
  }

  /**
   * Deletes pictures, and takes them out of `left`. The service deletes all or none: where one was deleted elsewhere,
   * each half is asked for by itself, down to single pictures, of which one that is not there is as good as deleted.
   */
  async #delete(ids, left) {
    try {
      await this.#ask(ids);
    } catch (problem) {
      if (problem.status !== 404) throw problem;
      if (ids.length > 1) {
        const half = Math.ceil(ids.length / 2);
        await this.#delete(ids.slice(0, half), left);
        await this.#delete(ids.slice(half), left);
        return;
      }
    }
    this.#gone(ids);
    for (const id of ids) left.delete(id);
  }

  #ask(ids) {
    const { api } = this.app;
    if (ids.length === 1) return api.send("DELETE", `${home(this.app)}/images/${ids[0]}`);
    return api.send("POST", `${home(this.app)}/images:delete`, { ids });
  }

  #gone(ids) {
    const gone = new Set(ids);
    forget(gone);
    this.dispatchEvent(new CustomEvent("gone", { detail: gone }));
    for (const id of ids) this.hidden.delete(id);
  }

  #show(ids) {
    for (const id of ids) this.hidden.delete(id);
    this.#changed();
  }

  /** The page is closed: what was not undone by now is meant. A request of its own survives the page. */
  #leave() {
    for (const batch of [...this.#batches]) {
      if (!this.#take(batch)) continue;
      for (let start = 0; start < batch.ids.length; start += AT_ONCE) {
        const body = JSON.stringify({ ids: batch.ids.slice(start, start + AT_ONCE) });
        const headers = { "Content-Type": "application/json" };
        fetch(this.app.api.url(`${home(this.app)}/images:delete`), { method: "POST", headers, body, keepalive: true })
          .catch(() => {});
      }
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

const removals = new WeakMap();

/** The deletions of the page. @returns {Removal} */
export function removalOf(app) {
  if (!removals.has(app)) removals.set(app, new Removal(app));
  return removals.get(app);
}

/**
 * Files on their way to the service: three at a time, as many as there are, counted rather than kept once they are in.
 *
 * It outlives the view that shows it. `change` is dispatched at every step; who draws does so now and then.
 *
 * @typedef {"waiting" | "sending" | "added" | "known" | "failed" | "handed" | "cancelled"} State
 * @typedef {{key: number, file: File | null, name: string, size: number, kind: "image" | "zip" | "urls", urls?: string[],
 *   state: State, share: number, problem: any, record: any, job: any, stop: AbortController | null}} Item
 */

import { liveOf } from "./live.js";
import { home } from "./order.js";
import { Pace } from "./pace.js";

const AT_ONCE = 3;
const URLS_AT_ONCE = 1000;
const RECENT = 24;
// When the service says that it is busy without saying how long, or cannot be reached.
const WAIT_S = 5;
const BUSY = new Set([429, 503]);

export class Uploads extends EventTarget {
  /** @type {Item[]} */
  #waiting = [];
  #head = 0;
  #key = 0;
  #again = 0;
  /** @type {Set<Item>} */
  active = new Set();
  /** @type {Item[]} */
  failed = [];
  /** What came in last, newest first. @type {Item[]} */
  recent = [];
  /** Archives and lists, which became jobs. @type {Item[]} */
  handed = [];
  counts = { total: 0, added: 0, known: 0, cancelled: 0, skipped: 0 };
  pace = new Pace();
  /** When it goes on, in milliseconds of the clock, and why it waits. @type {{until: number, problem: any} | null} */
  pause = null;

  constructor(app) {
    super();
    this.app = app;
    window.addEventListener("beforeunload", (event) => {
      if (this.isBusy) event.preventDefault();
    });
  }

  get waiting() {
    return this.#waiting.length - this.#head;
  }

  get isBusy() {
    return this.active.size > 0 || this.waiting > 0;
  }

  /** How much of everything is done, by bytes. */
  get share() {
    let sent = this.pace.done;
    for (const item of this.active) sent += item.size * item.share;
    return this.pace.total ? Math.min(1, sent / this.pace.total) : 0;
  }

  /** @param {File[]} files  pictures and archives; names may be paths */
  addFiles(files) {
    for (const file of files) {
      const kind = /\.zip$/i.test(file.name) || file.type === "application/zip" ? "zip" : "image";
      this.#enqueue({ file, name: file.webkitRelativePath || file.path || file.name, size: file.size, kind });
    }
    this.#next();
  }

  /** @param {string[]} urls */
  addUrls(urls) {
    for (let start = 0; start < urls.length; start += URLS_AT_ONCE) {
      const some = urls.slice(start, start + URLS_AT_ONCE);
      const name = some.length === 1 ? some[0] : this.app.t("add.urls_name", { count: some.length });
      this.#enqueue({ file: null, name, size: 2000 * some.length, kind: "urls", urls: some });
    }
    this.#next();
  }

  /** Counts files that were left out because they are no pictures. */
  skip(count) {
    this.counts.skipped += count;
    this.#changed();
  }

  /** @param {Item} item */
  cancel(item) {
    item.stop?.abort();
    if (item.state !== "sending" && item.state !== "waiting") return;
    item.state = "cancelled";
    this.active.delete(item);
    this.counts.cancelled += 1;
    this.pace.drop(item.size);
    this.#next();
  }

  cancelAll() {
    const left = [...this.#waiting.slice(this.#head), ...this.active];
    this.#waiting = [];
    this.#head = 0;
    for (const item of left) this.cancel(item);
    this.#resume();
  }

  /** @param {Item[]} items  of those that failed */
  retry(items = this.failed) {
    const chosen = new Set(items);
    this.failed = this.failed.filter((item) => !chosen.has(item));
    for (const item of chosen) {
      this.counts.total -= 1;
      this.#enqueue(item);
    }
    this.#next();
  }

  /** Forgets what is over, to begin at nothing. */
  clear() {
    if (this.isBusy) return;
    Object.assign(this, { failed: [], recent: [], handed: [], pause: null, pace: new Pace() });
    this.counts = { total: 0, added: 0, known: 0, cancelled: 0, skipped: 0 };
    this.#changed();
  }

  #enqueue(item) {
    const fresh = { key: this.#key, state: "waiting", share: 0, problem: null, record: null, job: null, stop: null };
    this.#key += 1;
    this.#waiting.push({ ...item, ...fresh });
    this.counts.total += 1;
    this.pace.expect(item.size);
  }

  #next() {
    if (!this.pause) {
      while (this.active.size < AT_ONCE && this.waiting) {
        const item = this.#waiting[this.#head];
        this.#head += 1;
        this.#send(item);
      }
    }
    if (this.#head > 1000 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    this.#changed();
  }

  async #send(item) {
    const stop = new AbortController();
    Object.assign(item, { state: "sending", stop, share: 0 });
    this.active.add(item);
    try {
      this.#arrived(item, await this.#ask(item, stop.signal));
    } catch (problem) {
      if (item.state === "cancelled") return;
      this.active.delete(item);
      if (BUSY.has(problem.status) || problem.code === "network") this.#wait(item, problem);
      else this.#refused(item, problem);
    }
    if (item.state !== "cancelled") this.#next();
  }

  #ask(item, signal) {
    const { api, info } = this.app;
    const limit = info?.limits?.[item.kind === "zip" ? "zip_bytes" : "file_bytes"];
    if (item.file && limit && item.size > limit) {
      return Promise.reject({ code: "payload_too_large", status: 413, detail: "", hint: "" });
    }
    const path = `${home(this.app)}/images`;
    const options = { signal, onUploadProgress: (share) => {
      item.share = share;
      this.#changed();
    } };
    if (item.kind === "urls") {
      return api.send("POST", path, item.urls.length === 1 ? { url: item.urls[0] } : { urls: item.urls }, { signal });
    }
    if (item.kind === "zip") {
      const headers = { "Content-Type": "application/zip" };
      return api.send("POST", `${home(this.app)}/archives?name=${encodeURIComponent(item.name)}`, item.file, { ...options, headers });
    }
    const form = new FormData();
    form.append("image", item.file, item.name);
    return api.send("POST", path, form, options);
  }

  #arrived(item, answer) {
    if (item.state === "cancelled") return;
    this.active.delete(item);
    this.pace.finish(item.size);
    item.share = 1;
    if (answer?.state && answer.kind) {
      Object.assign(item, { state: "handed", job: answer, file: null });
      this.handed.unshift(item);
      liveOf(this.app).meet(answer);
      return;
    }
    item.state = answer.known ? "known" : "added";
    this.counts[item.state] += 1;
    // The file itself is let go: of thousands, none is needed once it is in.
    Object.assign(item, { record: answer, file: null });
    this.recent = [item, ...this.recent.slice(0, RECENT - 1)];
  }

  #refused(item, problem) {
    Object.assign(item, { state: "failed", problem, share: 0 });
    this.pace.drop(item.size);
    this.failed.push(item);
  }

  /** The service is busy or away: the file goes back to the front, and all wait for as long as it says. */
  #wait(item, problem) {
    Object.assign(item, { state: "waiting", share: 0 });
    this.#waiting.splice(this.#head, 0, item);
    const until = Date.now() + (problem.retryAfter || WAIT_S) * 1000;
    this.pause = { problem, until: Math.max(until, this.pause?.until ?? 0) };
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#resume(), this.pause.until - Date.now());
  }

  #resume() {
    clearTimeout(this.#again);
    this.pause = null;
    this.#next();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

const queues = new WeakMap();

/** The uploads of the page. @returns {Uploads} */
export function uploadsOf(app) {
  if (!queues.has(app)) queues.set(app, new Uploads(app));
  return queues.get(app);
}

/**
 * What the service says by itself, kept: jobs as they run, the collection as it grows, and whether it can be heard.
 *
 * The page listens to one stream; its events `job`, `collection` and `connection` ("open" or "lost") end up here.
 * Where the collection reads words now, or no longer, the app is told by the event `words`.
 */

import { home } from "./order.js";
import { may } from "./words.js";

/** @typedef {{id: string, kind: string, name: string, state: string, done: number, total: number | null, added: number,
 *   known: number, failed: number, rate: number, eta_seconds: number | null, latest: string, created: string,
 *   started: string | null, ended: string | null, problem: object | null}} Job */

const SOON_MS = 2000;
/** Between two questions that nobody asked for: what a key may ask in a minute is for what people do. */
const PACE_MS = 15_000;

export const hasEnded = (job) => !["queued", "running"].includes(job.state);

class Live extends EventTarget {
  /** @type {Map<string, Job>} */
  jobs = new Map();
  /** @type {{pictures: number, version: number, encoders?: string[], words?: boolean} | null} */
  collection = null;
  /** @type {"opening" | "open" | "lost"} */
  state = "opening";
  /** When the service was asked last, in ms. */
  #asked = 0;
  #timer = 0;
  #reads = 0;
  #looks = 0;
  /** Jobs heard of since the latest question: its answer may be older than they are. @type {Set<string>} */
  #newer = new Set();

  constructor(app) {
    super();
    this.app = app;
    app.on("job", (job) => this.#learn(job));
    app.on("collection", (said) => this.#hear(said));
    // What one may see is known only then.
    app.on("info", () => this.read());
    app.on("connection", (state) => (state === "lost" ? this.#become("lost") : this.read()));
    window.addEventListener("offline", () => this.#become("lost"));
    window.addEventListener("online", () => this.read());
    if (app.info) this.read();
  }

  /** Asks for what may have been missed. */
  async read() {
    this.#reads += 1;
    const read = this.#reads;
    this.#newer.clear();
    try {
      const [{ jobs }] = await Promise.all([may(this.app, "index") ? this.app.api.get(`${home(this.app)}/jobs`) : { jobs: [] }, this.#ask()]);
      if (read === this.#reads) this.#replace(jobs);
    } catch (problem) {
      if (problem.code === "network") this.#become("lost");
    }
  }

  #replace(jobs) {
    const heard = [...this.jobs.values()].filter((job) => this.#newer.has(job.id));
    const known = new Map(heard.map((job) => [job.id, job]));
    const told = new Set(jobs.map((job) => job.id));
    const all = [...heard.filter((job) => !told.has(job.id)), ...jobs.map((job) => known.get(job.id) ?? job)];
    this.jobs = new Map(all.map((job) => [job.id, job]));
    this.#say("jobs", null);
  }

  /** Asks how many pictures there are while a job runs, and how the index stands: no event tells that. */
  async #look() {
    try {
      await this.#ask();
    } catch (problem) {
      if (problem.code === "network") this.#become("lost");
    }
  }

  /** Asks how the collection is; of several answers that of the last question counts. */
  async #ask() {
    this.#asked = Date.now();
    this.#looks += 1;
    const look = this.#looks;
    const collection = await this.app.api.get(home(this.app));
    if (look === this.#looks) this.#take(collection);
  }

  #take(collection) {
    const before = this.collection?.version ?? collection.version;
    this.#hear(collection);
    const { name, pictures, version } = collection;
    if (version !== before) this.app.emit("collection", { name, pictures, version });
  }

  /** Takes in a job that an answer tells of, unless the stream was quicker. @param {Job} job */
  meet(job) {
    if (!this.jobs.has(job.id)) this.#learn(job);
  }

  /** Takes in a job as it is now. @param {Job} job */
  #learn(job) {
    this.#become("open");
    this.#newer.add(job.id);
    if (this.jobs.get(job.id)?.done !== job.done || hasEnded(job)) this.#lookLater();
    if (this.jobs.has(job.id)) this.jobs.set(job.id, job);
    else this.jobs = new Map([[job.id, job], ...this.jobs]);
    this.#say("job", job);
  }

  #hear(collection) {
    this.#become("open");
    const isOther = this.collection && collection.encoders && String(collection.encoders) !== String(this.collection.encoders);
    if (!collection.index && this.collection && collection.version !== this.collection.version) this.#lookLater();
    this.collection = { ...this.collection, ...collection };
    if ("words" in collection) this.#tellWords(collection.words);
    // Whether others read words no event tells, and who has the page open may be about to type some.
    else if (isOther) this.#look();
    this.#say("collection", this.collection);
  }

  #tellWords(words) {
    if (words === this.app.readsWords) return;
    this.app.readsWords = words;
    this.app.emit("words", words);
  }

  /** Soon after a quiet time, and else seldom. */
  #lookLater() {
    const wait = this.#asked + PACE_MS - Date.now();
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      this.#look();
    }, Math.min(PACE_MS, Math.max(SOON_MS, wait)));
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.#say("state", state);
  }

  #say(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }
}

const lives = new WeakMap();

/** What the service says, for this page. @returns {Live} */
export function liveOf(app) {
  if (!lives.has(app)) lives.set(app, new Live(app));
  return lives.get(app);
}

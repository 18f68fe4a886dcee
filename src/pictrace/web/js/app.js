/** @file The page: what all views share, made once, and the first view. */

import { createApi } from "./api.js";
import { loadIcons } from "./dom.js";
import { preferred, remember, speech } from "./i18n.js";
import { createRouter } from "./router.js";
import { mountShell } from "./shell.js";
import { createToasts } from "./toasts.js";

const BASE = new URL("../../", import.meta.url);

/** What views are handed; `query` is the picture searched with, shared between them. */
class App extends EventTarget {
  constructor(words) {
    super();
    this.speech = words;
    this.collection = "default";
    this.info = null;
    this.query = {};
    this.api = createApi(BASE, { askForKey: this.askForKey });
    this.toast = createToasts(this, document.getElementById("toasts"));
    // What was found may be gone, or more, once the collection changes.
    this.on("collection", () => this.query.answers?.clear());
  }

  t = (key, params) => this.speech.t(key, params);
  number = (value) => this.speech.number(value);
  percent = (share) => this.speech.percent(share);
  bytes = (size) => this.speech.bytes(size);
  date = (iso) => this.speech.date(iso);
  navigate = (hash, options) => this.router.navigate(hash, options);

  /** The path of the collection in the API, with what follows. */
  path = (rest = "") => `/v1/collections/${encodeURIComponent(this.collection)}${rest}`;

  /** Says something to screen readers; `assertive` interrupts them. */
  announce = (text, { assertive = false } = {}) => {
    const region = document.getElementById(assertive ? "assertive" : "polite");
    region.textContent = "";
    // The same words twice are only read twice if they were gone in between.
    setTimeout(() => { region.textContent = text; }, 40);
  };

  /** What went wrong, as a sentence in the reader's language. */
  sentence = (error) => {
    // i18n: error.*
    const key = `error.${error.code ?? "internal"}`;
    return this.speech.has(key) ? this.t(key) : error.detail || error.message || this.t("error.internal");
  };

  /** Shows a problem, with what the service says of it; nothing for what was only called off. */
  report = (error) => {
    if (error.name === "AbortError") return;
    if (!error.code) console.error(error);
    if (error.code === "unauthenticated") return this.offerKey(this.sentence(error));
    this.toast({ text: this.sentence(error), detail: error.detail ? error.hint || error.detail : "", kind: "problem" });
  };

  askForKey = () => import("./key.js").then((part) => part.askForKey(this));

  /** Says that a key is needed, to whom did not give one when asked, until one is given. */
  offerKey = (text) => {
    const run = () => this.askForKey().then((isTaken) => isTaken && this.router.show());
    this.on("info", this.toast({ text, kind: "problem", action: { label: this.t("shell.sign_in"), run } }));
  };

  /** Learns what the service is and what the caller may do there. */
  inform = async () => {
    this.info = await this.api.get("/v1/info");
    this.emit("info", this.info);
  };

  on = (event, listener) => {
    const heard = (message) => listener(message.detail);
    this.addEventListener(event, heard);
    return () => this.removeEventListener(event, heard);
  };

  emit = (event, detail) => this.dispatchEvent(new CustomEvent(event, { detail }));

  speak = async (language) => {
    this.speech = await speech(language);
    remember(language);
    document.documentElement.lang = language;
    this.emit("language", language);
  };
}

async function start() {
  const language = preferred();
  const [words] = await Promise.all([speech(language), loadIcons(new URL("web/icons.svg", BASE))]);
  const app = new App(words);
  document.documentElement.lang = language;
  mountShell(app);
  const informed = app.inform().catch(app.report);
  app.router = createRouter(app, document.getElementById("view"));
  await app.router.show();
  await informed;
  // Who came while the service was away learns what they may do once it is back.
  app.on("connection", (state) => { if (state === "open" && !app.info) app.inform().catch(app.report); });
  const { follow } = await import("./events.js");
  follow(app);
}

start();

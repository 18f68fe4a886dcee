/** @file What stands around every view: name, places to go, language and appearance. */

import { fill, h, icon, s } from "./dom.js";
import { LANGUAGES } from "./i18n.js";
import { bind, listen, showKeys } from "./keyboard.js";
import { may } from "./words.js";

const PLACES = [
  { name: "search", href: "#/", label: "shell.search", key: "h" },
  { name: "library", href: "#/library", label: "shell.library", key: "l" },
  { name: "duplicates", href: "#/duplicates", label: "shell.duplicates", key: "d" },
  { name: "add", href: "#/add", label: "shell.add", key: "a", right: "index" },
  { name: "jobs", href: "#/jobs", label: "shell.jobs", key: "t", right: "index" },
];
const THEMES = [
  { name: "auto", label: "shell.theme_auto" },
  { name: "light", label: "shell.theme_light", symbol: "sun" },
  { name: "dark", label: "shell.theme_dark", symbol: "moon" },
];

/** Draws the shell, again whenever the language changes. @param {any} app */
export function mountShell(app) {
  const status = h("div", { id: "status" });
  const draw = () => {
    const skip = document.getElementById("skip");
    fill(skip, app.t("shell.skip"));
    skip.onclick = (event) => { event.preventDefault(); document.getElementById("view").focus(); };
    fill(document.getElementById("top"), name(app), places(app, "places"), status, tools(app));
    fill(document.getElementById("tabbar"), places(app, "tabs"));
    mark(app);
  };
  const offer = () => {
    for (const style of ["places", "tabs"]) document.querySelector(`nav.${style}`).replaceWith(places(app, style));
    mark(app);
    fill(document.getElementById("session"), signOut(app));
  };
  draw();
  app.on("language", draw);
  app.on("view", () => mark(app));
  app.on("info", offer);
  mountStatus(app, status).catch(app.report);
  bindPlaces(app);
  listen();
}

function name(app) {
  return h("a", { class: "name", href: "#/", "aria-label": app.t("shell.home") },
    s("svg", { class: "mark", viewBox: "0 0 32 32", "aria-hidden": "true" },
      s("rect", { class: "ground", width: 32, height: 32, rx: 8 }),
      s("rect", { x: 7, y: 7, width: 12, height: 12, rx: 2 }),
      s("rect", { class: "second", x: 13, y: 13, width: 12, height: 12, rx: 2 })),
    h("span", null, "PicTrace"));
}

function places(app, style) {
  const link = ({ name: place, href, label }) => h("a", { href, dataset: { place } }, icon(place), h("span", null, app.t(label)));
  return h("nav", { class: style, "aria-label": app.t("shell.places") }, PLACES.filter((place) => isOpen(app, place)).map(link));
}

/** Whether a place is offered: nobody knows who may go there before the service has said, and so nobody may. */
const isOpen = (app, { right }) => !right || may(app, right);

function mark(app) {
  for (const link of document.querySelectorAll("nav [data-place]")) {
    if (link.dataset.place === (app.place?.name === "review" ? "duplicates" : app.place?.name)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function tools(app) {
  const language = h("select", { "aria-label": app.t("shell.language"), onchange: (event) => app.speak(event.target.value).catch(app.report) },
    Object.entries(LANGUAGES).map(([code, label]) => h("option", { value: code, lang: code, selected: code === app.speech.language }, label)));
  return h("div", { class: "tools" },
    h("span", { class: "language" }, icon("globe"), language),
    themeButton(app),
    h("span", { id: "session" }, signOut(app)),
    h("button", { type: "button", class: "button bare icon-only keys-button", "aria-label": app.t("shell.keys"), title: app.t("shell.keys"), onclick: () => showKeys(app) }, icon("keys")));
}

function signOut(app) {
  if (!app.info?.key_needed) return null;
  const leave = () => app.api.signOut().then(() => location.reload(), app.report);
  return h("button", { type: "button", class: "button bare icon-only", "aria-label": app.t("shell.sign_out"), title: app.t("shell.sign_out"), onclick: leave }, icon("key"));
}

function themeButton(app) {
  const current = () => Math.max(0, THEMES.findIndex(({ name: theme }) => theme === document.documentElement.dataset.theme));
  const button = h("button", { type: "button", class: "button bare icon-only", onclick: () => { turn((current() + 1) % THEMES.length); app.announce(button.title); } });
  const draw = () => {
    const { name: theme, label, symbol } = THEMES[current()];
    fill(button, icon(symbol ?? theme));
    button.title = app.t("shell.theme", { theme: app.t(label) });
    button.setAttribute("aria-label", button.title);
  };
  const turn = (place) => {
    try { localStorage.setItem("pictrace.theme", THEMES[place].name); } catch { /* then it cannot be kept */ }
    dispatchEvent(new Event("pictrace-theme"));
    draw();
  };
  draw();
  return button;
}

function bindPlaces(app) {
  bind("shell.keys_everywhere", [
    ...PLACES.map((place) => ({ key: place.key, says: place.label, isOpen: () => isOpen(app, place), run: () => app.navigate(place.href) })),
    { key: "?", says: "shell.keys", run: () => showKeys(app) },
  ]);
}

async function mountStatus(app, root) {
  const part = await import("./status.js");
  part.mount(root, app);
}

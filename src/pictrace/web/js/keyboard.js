/** @file Single keys: what they do where, whether they are on, and the page that lists them. */

import { h } from "./dom.js";

const STORED = "pictrace.keys";
const bound = [];

/**
 * Binds keys for as long as a view is mounted. A binding is `{key, says, run}`: `key` as in KeyboardEvent, `says` the
 * key of its description, `run` what happens; `shown` is written in the list where it differs from `key`, and where
 * `isOpen` says no the key does nothing and is not listed.
 * @param {string} title key of the heading in the list
 * @param {{key: string, says: string, shown?: string, isOpen?: () => boolean, run?: (event: KeyboardEvent) => void}[]} bindings
 * @returns {() => void} unbinds them
 */
export function bind(title, bindings) {
  const set = { title, bindings };
  bound.push(set);
  return () => { bound.splice(bound.indexOf(set), 1); };
}

/** Whether single keys do anything; arrows and keys of a focused control always do. */
export function areOn() {
  try { return localStorage.getItem(STORED) !== "off"; } catch { return true; }
}

/** Listens to the keys of the whole page. */
export function listen() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]")) return;
    if (event.key.length === 1 && !areOn()) return;
    const match = bound.toReversed().flatMap((set) => set.bindings).find((one) => one.run && one.key === event.key && isOpen(one));
    if (!match || (event.key === " " && event.target.closest("button, a, summary"))) return;
    event.preventDefault();
    match.run(event);
  });
}

/** The list of all keys that work now. @param {any} app */
export function showKeys(app) {
  const { t } = app;
  const section = ({ title, bindings }) => [
    h("h3", null, t(title)),
    h("dl", { class: "keys" }, bindings.filter(isOpen).map((one) => h("div", null, h("dt", null, h("kbd", null, one.shown ?? one.key)), h("dd", null, t(one.says))))),
  ];
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "keys-title", onclose: () => dialog.remove() },
    h("h2", { id: "keys-title" }, t("shell.keys")),
    bound.map(section),
    h("label", { class: "check" },
      h("input", { type: "checkbox", checked: areOn(), onchange: (event) => store(event.target.checked) }), t("shell.keys_on")),
    h("form", { method: "dialog", class: "row end" }, h("button", { class: "button primary" }, t("shell.close"))));
  document.body.append(dialog);
  dialog.showModal();
}

const isOpen = (binding) => binding.isOpen?.() ?? true;

function store(on) {
  try { localStorage.setItem(STORED, on ? "on" : "off"); } catch { /* then they stay as they are */ }
}

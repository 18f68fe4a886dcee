/** Views that need the right to index: shown to whom may, explained to all others, and again when that changes. */

import { fill, h } from "./dom.js";
import { icon } from "./libraryicons.js";
import { may } from "./words.js";

/**
 * Shows what `draw` makes where the caller may index, and else why not and whom to ask; only the heading before the
 * service has said who may.
 *
 * @param {HTMLElement} root @param {any} app
 * @param {{title: string, refusal: string}} words  keys of the view's heading and of what it says to whom may not
 * @param {() => () => void} draw  what undoes it
 * @returns {() => void}
 */
export function guarded(root, app, { title, refusal }, draw) {
  const drawn = () => {
    if (may(app, "index")) return draw();
    fill(root, app.info ? refused(app, title, refusal) : h("header", { class: "plain-head" }, h("h1", null, app.t(title))));
    return () => root.replaceChildren();
  };
  let undo = drawn();
  const off = app.on("info", () => {
    undo();
    undo = drawn();
  });
  return () => {
    off();
    undo();
  };
}

function refused(app, title, refusal) {
  const { t } = app;
  return h("div", { class: "big-note" }, icon("warning"), h("h1", null, t(title)),
    h("p", null, t(refusal), " ", t("shell.ask_key")), h("a", { class: "button", href: "#/" }, t("shell.to_search")));
}

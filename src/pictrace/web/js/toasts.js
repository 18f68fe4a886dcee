/** @file Short messages at the edge of the page. */

import { h, icon } from "./dom.js";

/**
 * Shows messages; one with an action stays longer, a problem until it is closed.
 * @param {any} app @param {HTMLElement} root
 */
export function createToasts(app, root) {
  return function toast({ text, detail = "", action = null, seconds = action ? 12 : 6, kind = "" }) {
    const close = () => { clearTimeout(timer); element.remove(); };
    const element = h("div", { class: `toast ${kind}`, role: "group", "aria-label": text },
      kind === "problem" && icon("warning"),
      h("div", { class: "said" }, h("p", null, text), detail && h("p", { class: "dim small" }, detail)),
      action && h("button", { type: "button", class: "button", onclick: () => { close(); action.run(); } }, action.label),
      h("button", { type: "button", class: "button bare icon-only", "aria-label": app.t("shell.close"), onclick: close }, icon("close")));
    const wait = () => setTimeout(close, seconds * 1000);
    let timer = kind === "problem" ? 0 : wait();
    element.addEventListener("pointerenter", () => clearTimeout(timer));
    element.addEventListener("pointerleave", () => { if (kind !== "problem") timer = wait(); });
    element.addEventListener("keydown", (event) => { if (event.key === "Escape") { close(); event.stopPropagation(); } });
    while (root.children.length > 2) root.firstChild.remove();
    root.append(element);
    app.announce(detail ? `${text} ${detail}` : text, { assertive: kind === "problem" });
    return close;
  };
}

/** @file Drawing anew what somebody has the focus in: it is not lost to the page's beginning. */

import { fill } from "./dom.js";

const CONTROLS = "a, button, input, select, summary, textarea";

/** Another content of an element. Who was on a control of it is on the one of that name afterwards, else on a heading. @param {Element} element @param {...any} children */
export function refill(element, ...children) {
  const held = element.contains(document.activeElement) ? document.activeElement : null;
  fill(element, ...children);
  if (!held) return;
  const again = held.isConnected ? held : [...element.querySelectorAll(CONTROLS)].find((one) => named(one) === named(held));
  const next = again ?? element.querySelector("h2") ?? document.querySelector("#view h1");
  if (!again && next) next.tabIndex = -1;
  next?.focus({ preventScroll: true });
}

const named = (one) => [one.localName, one.id, one.getAttribute("aria-label") ?? one.textContent].join(" ");

/** Where one is while the wall flies past: a small label beside the scrollbar. */

import { h } from "./dom.js";

const LINGER_MS = 700;
const ASK_MS = 160;

export class Bubble {
  #timer = 0;
  #asking = 0;

  /** @param {HTMLElement} host @param {(index: number) => Promise<string>} dated  a second line, asked for seldom */
  constructor(host, dated) {
    this.first = h("b", null);
    this.second = h("span", null);
    this.element = h("div", { class: "wall-bubble", "aria-hidden": "true" }, this.first, this.second);
    this.dated = dated;
    host.append(this.element);
  }

  /** @param {string} text @param {number} share  how far down, 0 to 1 @param {number} index */
  show(text, share, index) {
    clearTimeout(this.#timer);
    this.first.textContent = text;
    this.element.style.setProperty("transform", `translateY(${Math.round(share * (innerHeight - 200))}px)`);
    this.element.classList.add("is-seen");
    if (this.#asking) return;
    this.#asking = setTimeout(async () => {
      this.second.textContent = await this.dated(index).catch(() => "");
      this.#asking = 0;
    }, ASK_MS);
  }

  linger() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.element.classList.remove("is-seen"), LINGER_MS);
  }

  close() {
    clearTimeout(this.#timer);
    clearTimeout(this.#asking);
    this.element.remove();
  }
}

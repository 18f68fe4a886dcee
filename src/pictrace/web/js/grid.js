/** @file The results as they come in: cards keep their places where they can, and move visibly where they cannot. */

import { h } from "./dom.js";
import { card, draw, skeleton } from "./card.js";

const SKELETONS = 8;

/** The list of results. */
export class Grid {
  /** @param {any} app @param {any} query */
  constructor(app, query) {
    this.app = app;
    this.query = query;
    this.items = new Map();
    this.root = h("ol", { class: "grid", "aria-label": app.t("search.results"), onkeydown: (event) => this.steer(event) });
  }

  /** Places held free while nothing is known. */
  await() {
    this.root.append(...Array.from({ length: SKELETONS }, skeleton));
  }

  /** Shows matches in this order; those that are not `checked` are dimmed. @param {any[]} matches @param {(match: any) => boolean} isChecked @param {boolean} isLast whether nothing follows @param {boolean} isOrdered whether places are told in place of scores */
  show(matches, isChecked, isLast, isOrdered = false) {
    const before = this.places();
    const { id, part } = this.held();
    const items = matches.map((match, at) => this.item(match, isChecked(match), isOrdered ? at + 1 : 0));
    const gone = [...this.items.keys()].filter((id) => !matches.some((match) => match.id === id));
    for (const id of isLast ? gone : []) this.items.delete(id);
    const skeletons = isLast ? [] : Array.from({ length: Math.max(0, SKELETONS - items.length) }, skeleton);
    this.order([...items, ...skeletons]);
    this.move(before);
    if (part && !this.current()) this.items.get(id)?.element.querySelector(`[data-part=${part}]`)?.focus({ preventScroll: true });
  }

  /** What holds the focus, which redrawing and moving a card would take away. */
  held() {
    const card = this.current();
    return card ? { id: Number(card.dataset.id), part: document.activeElement.dataset.part } : {};
  }

  item(match, isChecked, place) {
    const known = this.items.get(match.id);
    if (!known) {
      const made = { element: card(this.app, this.query, match, isChecked, place), isChecked };
      this.items.set(match.id, made);
      return made.element;
    }
    if (isChecked) draw(this.app, this.query, match, true, place, known.element);
    return known.element;
  }

  order(elements) {
    const kept = new Set(elements);
    for (const child of [...this.root.children]) if (!kept.has(child)) child.remove();
    elements.forEach((element, place) => {
      if (this.root.children[place] !== element) this.root.insertBefore(element, this.root.children[place] ?? null);
    });
  }

  places() {
    return new Map([...this.root.children].map((child) => [child, child.getBoundingClientRect()]));
  }

  /** Cards that changed places glide there, so that the eye can follow them. */
  move(before) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const child of this.root.children) {
      const [from, to] = [before.get(child), child.getBoundingClientRect()];
      if (!from) continue;
      const [x, y] = [from.left - to.left, from.top - to.top];
      if (x || y) child.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], { duration: 240, easing: "cubic-bezier(.2, 0, 0, 1)" });
    }
  }

  /** The card that holds the focus. */
  current() {
    return document.activeElement?.closest?.(".grid > .card") ?? null;
  }

  /** To another card, by steps in reading order. @param {number} step */
  go(step) {
    const cards = [...this.root.querySelectorAll(".card:not(.skeleton)")];
    const at = cards.indexOf(this.current());
    const next = cards[at < 0 ? 0 : Math.min(cards.length - 1, Math.max(0, at + step))];
    next?.querySelector("[data-part=shown]").focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  /** To the card of a picture, without moving the page. @param {number} id */
  focus(id) {
    this.items.get(id)?.element.querySelector("[data-part=shown]").focus({ preventScroll: true });
  }

  /** Presses a part of the card that holds the focus. @param {string} part */
  press(part) {
    this.current()?.querySelector(`[data-part=${part}]`)?.click();
  }

  steer(event) {
    const columns = getComputedStyle(this.root).gridTemplateColumns.split(" ").length;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.go(step);
  }
}

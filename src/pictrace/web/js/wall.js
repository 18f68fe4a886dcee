/** The wall: any number of pictures in justified rows, of which only those near the window are in the document. */

import { h } from "./dom.js";
import { Rows } from "./tiles.js";
import { Scroller } from "./scroller.js";
import { Thumbnails } from "./thumbnails.js";
import { layOut, middleOf, nearestIn, rowAt, rowOf } from "./rows.js";

// Faster than this, in pixels a millisecond, nobody sees a picture: nothing is loaded until it slows down.
const FLYING = 2.5;
const REST_MS = 110;
const SIZES = [128, 256, 512];

/**
 * @typedef {import("./order.js").Order} Order
 * @typedef {{label: string, inset: () => number, href: (id: number) => string,
 *   thumbnail: (id: number, size: number) => string, name: (id: number) => string,
 *   isPicked: (id: number) => boolean, atRest: (id: number | null) => void, flying: (index: number | null) => void}} Wishes
 *   `inset` is how much of the window's top is covered; `atRest` gets the first picture in sight once scrolling ends.
 */

export class Wall {
  #width = 0;
  #frame = 0;
  #rest = 0;
  #last = { y: 0, time: 0 };
  #size = 256;
  #goal = null;
  #observer = new ResizeObserver(() => this.#resized());
  #thumbnails = new Thumbnails();
  /** Which picture the Tab key goes to. */
  active = 0;
  density = 1;
  /** @type {import("./rows.js").Layout} */
  layout = layOut([], { width: 1, target: 1, gap: 0 });

  /** @param {HTMLElement} host @param {Wishes} wishes */
  constructor(host, wishes) {
    this.wishes = wishes;
    this.grid = h("div", { class: "wall", role: "grid", "aria-label": wishes.label, "aria-multiselectable": "true" });
    host.append(this.grid);
    this.rows = new Rows(this.grid, (tile) => this.#dress(tile), (tile) => this.#thumbnails.clear(tile));
    this.scroller = new Scroller(this.grid);
    this.scroller.target.addEventListener("scroll", this.#scrolled, { passive: true });
    window.addEventListener("resize", this.#scrolled);
    this.#observer.observe(host);
    this.host = host;
  }

  close() {
    this.#observer.disconnect();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#rest);
    this.scroller.target.removeEventListener("scroll", this.#scrolled);
    window.removeEventListener("resize", this.#scrolled);
    this.rows.empty();
    this.grid.remove();
  }

  get count() {
    return this.order?.ids.length ?? 0;
  }

  /** Shows another order; what is in sight stays where it is, if it is still there. @param {Order} order */
  show(order) {
    const anchor = this.#anchor();
    const focused = this.#isFocused() ? this.order?.ids[this.active] : null;
    const active = this.order?.ids[this.active] ?? 0;
    this.order = order;
    this.grid.setAttribute("aria-label", this.wishes.label);
    const place = order.ids.indexOf(active);
    this.active = place >= 0 ? place : Math.max(0, Math.min(this.active, order.ids.length - 1));
    this.#layOut(anchor);
    if (focused && this.count) this.focus(this.active);
  }

  /** @param {number} factor  how high rows are, 1 being usual */
  resize(factor) {
    const anchor = this.#anchor();
    this.density = factor;
    this.#layOut(anchor);
  }

  /** Brings a picture's row to the top of what is seen. @param {number} id @returns {boolean} whether it is here */
  reveal(id) {
    const index = this.order.ids.indexOf(id);
    if (index < 0) return false;
    this.active = index;
    const row = rowOf(this.layout, index);
    // Twice, for what covers the window's top is lower as long as nothing is scrolled.
    for (let turn = 0; row && turn < 2; turn += 1) this.scroller.to(this.layout.tops[row] - this.#line);
    this.refresh();
    return true;
  }

  /** Whether a picture's row is on the screen. @param {number} index */
  isSeen(index) {
    const row = rowOf(this.layout, index);
    const y = this.scroller.place();
    return this.layout.tops[row + 1] > y + this.#line && this.layout.tops[row] < y + this.scroller.view;
  }

  /** Moves the focus to a picture, and the window as little as that takes. */
  focus(index, { keepGoal = false } = {}) {
    if (!this.count) return;
    if (!keepGoal) this.#goal = null;
    this.active = Math.max(0, Math.min(index, this.count - 1));
    const row = rowOf(this.layout, this.active);
    const top = this.layout.tops[row] - this.wishes.inset() - this.layout.frame.gap;
    const bottom = this.layout.tops[row + 1] - this.scroller.view + this.layout.frame.gap;
    const y = this.scroller.place();
    if (y > top) this.scroller.to(row ? top : -this.wishes.inset() - 400);
    else if (y < bottom) this.scroller.to(bottom);
    this.#render();
    this.#tab();
    this.rows.tile(this.layout, row, this.active)?.link.focus({ preventScroll: true });
  }

  /** The picture some rows further, nearest to where the movement began. @param {number} rows */
  beside(rows) {
    this.#goal ??= middleOf(this.layout, this.active);
    const row = rowOf(this.layout, this.active) + rows;
    if (row < 0) return 0;
    if (row >= this.layout.rows) return this.count - 1;
    return nearestIn(this.layout, row, this.#goal);
  }

  /** How many rows the window shows. */
  get pageRows() {
    const row = rowOf(this.layout, this.active);
    return Math.max(1, rowAt(this.layout, this.layout.tops[row] + this.scroller.view - this.wishes.inset()) - row - 1);
  }

  /** Dresses what is shown anew: selection, labels. */
  redress() {
    for (const tile of this.rows.tiles()) this.#dress(tile);
  }

  /** Draws now, and loads what is in sight. */
  refresh() {
    this.#render();
    this.rows.settle();
    this.#load(0);
    this.#tab();
  }

  /** How far below the window's top pictures are seen from. */
  get #line() {
    return this.wishes.inset() + this.layout.frame.gap * 2;
  }

  #dress(tile) {
    const { wishes } = this;
    const isPicked = wishes.isPicked(tile.id);
    tile.link.href = wishes.href(tile.id);
    tile.link.tabIndex = tile.index === this.active ? 0 : -1;
    tile.link.setAttribute("aria-label", wishes.name(tile.id));
    tile.cell.classList.toggle("is-picked", isPicked);
    tile.cell.setAttribute("aria-selected", String(isPicked));
    this.#thumbnails.assign(tile, wishes.thumbnail(tile.id, this.#size));
  }

  #resized() {
    if (this.host.clientWidth === this.#width || !this.order) return;
    this.#layOut(this.#anchor());
  }

  /** What is to stay where it is: the focused picture if it is in sight, else the first one. */
  #anchor() {
    if (!this.count) return null;
    const y = this.scroller.place();
    if (y <= 0) return null;
    const { tops, starts } = this.layout;
    const row = rowOf(this.layout, this.active);
    const isSeen = this.#isFocused() && this.isSeen(this.active);
    const first = rowAt(this.layout, y + this.#line);
    const index = isSeen ? this.active : starts[first];
    return { index, id: this.order.ids[index], below: tops[isSeen ? row : first] - y };
  }

  #layOut(anchor) {
    this.#width = this.host.clientWidth;
    const isNarrow = this.#width < 620;
    const target = (isNarrow ? 112 : 188) * this.density;
    this.layout = layOut(this.order.ratios, { width: this.#width, target, gap: isNarrow ? 3 : 6 });
    const wanted = target * 1.45 * Math.min(window.devicePixelRatio, 2) * 0.8;
    this.#size = SIZES.find((size) => size >= wanted) ?? 512;
    this.rows.empty();
    this.scroller.resize(this.layout.total);
    this.grid.setAttribute("aria-rowcount", String(this.layout.rows));
    if (anchor && this.count) {
      const found = this.order.ids.indexOf(anchor.id);
      const index = found >= 0 ? found : Math.min(anchor.index, this.count - 1);
      this.scroller.to(this.layout.tops[rowOf(this.layout, index)] - anchor.below);
    }
    this.refresh();
  }

  #scrolled = () => {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#stopped(), REST_MS);
  };

  #draw() {
    this.#frame = 0;
    const y = this.scroller.place();
    const time = performance.now();
    const speed = (y - this.#last.y) / Math.max(1, time - this.#last.time);
    const isFlying = Math.abs(speed) > FLYING;
    this.#last = { y, time };
    this.#render({ isFlying });
    if (isFlying) {
      this.#thumbnails.hold();
      this.wishes.flying(this.layout.starts[rowAt(this.layout, y)]);
    } else {
      this.#load(speed);
    }
  }

  #stopped() {
    this.scroller.settle();
    this.refresh();
    const y = this.scroller.place();
    const row = rowAt(this.layout, y + this.#line);
    if (!this.#isFocused() && this.count && !this.isSeen(this.active)) {
      this.active = this.layout.starts[row];
      this.#tab();
    }
    this.wishes.flying(null);
    this.wishes.atRest(y > 0 && this.count ? this.order.ids[this.layout.starts[row]] : null);
  }

  /** Shows the rows near the window, while flying hardly more than those in it, and nothing of them but their place. */
  #render({ isFlying = false } = {}) {
    const y = this.scroller.place();
    const { view, shift } = this.scroller;
    const over = view * (isFlying ? 0.1 : 0.6);
    const first = rowAt(this.layout, y - over);
    const last = this.count ? rowAt(this.layout, y + view + over) : -1;
    const kept = this.count && this.#isFocused() ? rowOf(this.layout, this.active) : -1;
    this.rows.trim(first, last, kept);
    for (let row = first; row <= last; row += 1) this.rows.show(this.layout, this.order.ids, row, { shift, isFlying });
    if (kept >= 0) this.rows.show(this.layout, this.order.ids, kept, { shift, isFlying: false });
    this.rows.park();
  }

  #load(speed) {
    const middle = this.scroller.place() + this.scroller.view * (0.5 + Math.sign(speed) * 0.2);
    const rows = [...this.rows.live.values()].sort(
      (one, other) => Math.abs(this.layout.tops[one.row] - middle) - Math.abs(this.layout.tops[other.row] - middle),
    );
    this.#thumbnails.want(rows.flatMap((made) => made.tiles.slice(0, made.used)));
  }

  #tab() {
    for (const tile of this.rows.tiles()) tile.link.tabIndex = tile.index === this.active ? 0 : -1;
  }

  #isFocused() {
    return this.grid.contains(document.activeElement);
  }
}

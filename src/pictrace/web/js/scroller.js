/**
 * Scrolling over more height than an element may have: browsers stop at 17 to 33 million pixels.
 *
 * Below the limit the page scrolls as it is. Above it, small moves are taken as they are, and leaps (the scrollbar)
 * in proportion; at rest the scrollbar is put where the proportion says, which moves nothing on the screen.
 */

const TALLEST = 15_000_000;

/** The element that scrolls what is inside `element`. @param {Element} element @returns {Element} */
function scrollerOf(element) {
  for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(at).overflowY)) return at;
  }
  return document.scrollingElement;
}

export class Scroller {
  #spacer;
  #box;
  #total = 0;
  #height = 0;
  #shift = 0;
  #before = 0;

  /** @param {HTMLElement} spacer  the element that is made as high as what is scrolled over */
  constructor(spacer, tallest = TALLEST) {
    this.#spacer = spacer;
    this.#box = scrollerOf(spacer);
    this.tallest = tallest;
  }

  /** What to listen to for `scroll`. */
  get target() {
    return this.#box === document.scrollingElement ? window : this.#box;
  }

  /** Height of the window onto the content. */
  get view() {
    return this.#box.clientHeight;
  }

  /** How much less a place of the content lies in the spacer. */
  get shift() {
    return this.#shift;
  }

  /** @param {number} total  height of the content */
  resize(total) {
    this.#total = total;
    this.#height = Math.min(total, this.tallest);
    this.#spacer.style.setProperty("height", `${this.#height}px`);
    if (total === this.#height) this.#shift = 0;
  }

  /** Which height of the content is at the top of the window now; negative while something stands above the spacer. */
  place() {
    const now = this.#offset();
    if (this.#height === this.#total) return now;
    const leap = Math.abs(now - this.#before) > 4 * this.view;
    this.#before = now;
    if (leap) this.#shift = now * this.#stretch() - now;
    if (this.#cornered(now)) this.settle();
    return this.#before + this.#shift;
  }

  /** Scrolls a height of the content to the top of the window. */
  to(y) {
    if (this.#height === this.#total) {
      this.#scroll(y - this.#offset());
      return;
    }
    const now = y <= 0 ? y : y / this.#stretch();
    this.#scroll(now - this.#offset());
    this.#before = this.#offset();
    this.#shift = y <= 0 ? 0 : y - this.#before;
  }

  /** Puts the scrollbar in proportion without moving what is seen. */
  settle() {
    if (this.#height === this.#total) return;
    const y = Math.min(Math.max(this.#offset() + this.#shift, 0), this.#total - this.view);
    if (this.#offset() > 0 || this.#shift) this.to(y);
  }

  #cornered(now) {
    const y = now + this.#shift;
    const end = this.#height - this.view;
    return (now <= 0 && y > 0) || (now >= end && y < this.#total - this.view) || y < Math.min(0, now);
  }

  #stretch() {
    return Math.max(1, (this.#total - this.view) / Math.max(1, this.#height - this.view));
  }

  #offset() {
    const edge = this.#box === document.scrollingElement ? 0 : this.#box.getBoundingClientRect().top;
    return edge - this.#spacer.getBoundingClientRect().top;
  }

  #scroll(by) {
    if (by) this.#box.scrollBy({ top: by, behavior: "instant" });
  }
}

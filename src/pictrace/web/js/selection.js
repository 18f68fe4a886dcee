/** Which pictures are selected, by id, and where a range of them begins. */
export class Selection extends EventTarget {
  ids = new Set();
  /** Where a range begins: the picture that was last selected alone. @type {number | null} */
  origin = null;
  #before = new Set();

  get count() {
    return this.ids.size;
  }

  has(id) {
    return this.ids.has(id);
  }

  /** Selects a picture, or no longer; a range begins here. */
  toggle(id) {
    if (!this.ids.delete(id)) this.ids.add(id);
    this.begin(id);
    this.#changed();
  }

  /** A range begins here; what is selected already stays so. */
  begin(id) {
    this.origin = id;
    this.#before = new Set(this.ids);
  }

  /** Selects everything from where the range began up to a picture, instead of the range before. @param {Float64Array} order */
  reach(order, id) {
    const from = this.origin === null ? -1 : order.indexOf(this.origin);
    const to = order.indexOf(id);
    if (from < 0 || to < 0) {
      this.toggle(id);
      return;
    }
    this.ids = new Set(this.#before);
    for (let place = Math.min(from, to); place <= Math.max(from, to); place += 1) this.ids.add(order[place]);
    this.#changed();
  }

  /** @param {Iterable<number>} ids */
  all(ids) {
    this.ids = new Set(ids);
    this.#changed();
  }

  clear() {
    this.origin = null;
    this.#before = new Set();
    if (!this.ids.size) return;
    this.ids = new Set();
    this.#changed();
  }

  /** @param {Set<number>} gone */
  drop(gone) {
    const count = this.ids.size;
    for (const id of gone) this.ids.delete(id);
    if (this.ids.size !== count) this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

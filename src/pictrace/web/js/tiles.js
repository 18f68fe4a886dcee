/**
 * The elements of the wall: rows of tiles, made once and used again for other pictures.
 *
 * A row that scrolls out of sight stays in the document and becomes another one: taking it out and putting it back
 * would have the browser work out the style of everything in it anew, which alone costs more than a frame has.
 */

import { h } from "./dom.js";
import { boxesOf, heightOf } from "./rows.js";

const AWAY = "translateY(-9999px)";
const ASIDE = "-9999px";

/**
 * @typedef {import("./thumbnails.js").Slot & {link: HTMLAnchorElement, pick: HTMLElement, index: number, id: number,
 *   isFresh: boolean, isOff: boolean}} Tile  `isFresh`: what depends on the picture has been set; `isOff`: it is hidden
 * @typedef {{element: HTMLElement, tiles: Tile[], used: number, row: number, y: number | null}} Row
 */

/** @returns {Tile} */
function makeTile(column) {
  const image = h("img", { alt: "", decoding: "async", draggable: "false" });
  const link = h("a", { class: "tile-link", tabindex: "-1", draggable: "false" }, image);
  const pick = h("span", { class: "tile-pick", "aria-hidden": "true" });
  const cell = h("div", { class: "tile", role: "gridcell", "aria-colindex": column }, link, pick);
  return { cell, link, image, pick, url: "", state: "", index: -1, id: 0, isFresh: false, isOff: false };
}

export class Rows {
  /** Rows that show nothing now, still in the document. @type {Row[]} */
  #spare = [];
  /** @type {Map<number, Row>} */
  live = new Map();

  /** @param {HTMLElement} grid @param {(tile: Tile) => void} dress  sets what depends on the picture @param {(tile: Tile) => void} undress */
  constructor(grid, dress, undress) {
    this.grid = grid;
    this.dress = dress;
    this.undress = undress;
  }

  /** Takes rows outside of a range away, but for one that is kept. */
  trim(first, last, kept) {
    for (const [row, made] of this.live) {
      if ((row < first || row > last) && row !== kept) this.#release(made);
    }
  }

  /** Takes every row away. */
  empty() {
    for (const made of this.live.values()) this.#release(made);
    this.settle();
  }

  /** Shows a row where the layout has it; with its pictures' names and addresses unless `isFlying`. */
  show(layout, ids, row, { shift, isFlying }) {
    let made = this.live.get(row);
    if (!made) {
      made = this.#spare.pop() ?? this.#make();
      made.row = row;
      this.live.set(row, made);
      this.#fill(made, layout, ids);
    }
    const y = Math.round(layout.tops[row] - shift);
    if (made.y !== y) {
      made.y = y;
      made.element.style.setProperty("transform", `translateY(${y}px)`);
    }
    if (!isFlying) this.#finish(made);
  }

  /** Puts rows that are not used out of sight. */
  park() {
    for (const made of this.#spare) {
      if (made.y === null) continue;
      made.y = null;
      made.element.style.setProperty("transform", AWAY);
    }
  }

  /** Takes rows that are not used out of the document, and puts the others in order, for those who read it. */
  settle() {
    for (const made of this.#spare) {
      made.element.remove();
      made.y = null;
    }
    const rows = [...this.live.values()].sort((one, other) => one.row - other.row);
    // Moving an element that has the focus would lose it, so what stands around it is moved instead.
    const fixed = rows.findIndex(({ element }) => element.contains(document.activeElement));
    rows.forEach(({ element, row }, place) => {
      if (element.getAttribute("aria-rowindex") !== String(row + 1)) element.setAttribute("aria-rowindex", String(row + 1));
      const next = fixed >= 0 && place < fixed ? rows[fixed].element : null;
      const stands = place === fixed || (place && rows[place - 1].element.nextSibling === element);
      if (!stands) this.grid.insertBefore(element, next);
    });
  }

  /** @param {number} index @returns {Tile | undefined} */
  tile(layout, row, index) {
    return this.live.get(row)?.tiles[index - layout.starts[row]];
  }

  *tiles() {
    for (const made of this.live.values()) {
      for (let place = 0; place < made.used; place += 1) yield made.tiles[place];
    }
  }

  /** Sets what a row that only flies past can do without. */
  #finish(made) {
    made.tiles.forEach((tile, place) => {
      if (place >= made.used) {
        if (!tile.isOff) tile.cell.style.setProperty("visibility", "hidden");
        tile.isOff = true;
      } else if (!tile.isFresh) {
        tile.isFresh = true;
        this.dress(tile);
      }
    });
  }

  #make() {
    const made = { element: h("div", { class: "wall-row", role: "row" }), tiles: [], used: 0, row: -1, y: null };
    this.grid.append(made.element);
    return made;
  }

  #fill(made, layout, ids) {
    const { element, row, tiles } = made;
    const boxes = boxesOf(layout, row);
    if (!element.isConnected) this.grid.append(element);
    element.style.setProperty("height", `${heightOf(layout, row)}px`);
    boxes.forEach((box, place) => {
      if (place === tiles.length) {
        tiles.push(makeTile(place + 1));
        element.append(tiles[place].cell);
      }
      const tile = tiles[place];
      if (tile.isOff) tile.cell.style.removeProperty("visibility");
      tile.isOff = false;
      tile.index = layout.starts[row] + place;
      tile.id = ids[tile.index];
      tile.isFresh = false;
      tile.cell.style.setProperty("left", `${box.left}px`);
      tile.cell.style.setProperty("width", `${box.width}px`);
    });
    // Beyond the edge first, and truly hidden once the wall slows down: that is passed on to all within.
    for (let place = boxes.length; place < made.used; place += 1) tiles[place].cell.style.setProperty("left", ASIDE);
    made.used = boxes.length;
  }

  #release(made) {
    for (let place = 0; place < made.used; place += 1) this.undress(made.tiles[place]);
    this.live.delete(made.row);
    this.#spare.push(made);
  }
}

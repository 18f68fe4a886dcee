/** The elements of the wall: rows of tiles, made once and used again for other pictures. */

import { h } from "./dom.js";
import { icon } from "./libraryicons.js";
import { boxesOf, heightOf } from "./rows.js";

/**
 * @typedef {import("./thumbnails.js").Slot & {link: HTMLAnchorElement, pick: HTMLElement, index: number, id: number}} Tile
 * @typedef {{element: HTMLElement, tiles: Tile[], used: number, row: number}} Row
 */

/** @returns {Tile} */
function makeTile() {
  const image = h("img", { alt: "", decoding: "async", draggable: "false" });
  const link = h("a", { class: "tile-link", tabindex: "-1", draggable: "false" }, image);
  const pick = h("span", { class: "tile-pick", "aria-hidden": "true" }, icon("check"));
  const cell = h("div", { class: "tile", role: "gridcell" }, link, pick);
  return { cell, link, image, pick, url: "", state: "", index: -1, id: 0 };
}

export class Rows {
  /** @type {Row[]} */
  #pool = [];
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
  }

  /** Shows a row where the layout has it. @returns {Row} */
  show(layout, ids, row, shift) {
    let made = this.live.get(row);
    if (!made) {
      made = this.#pool.pop() ?? { element: h("div", { class: "wall-row", role: "row" }), tiles: [], used: 0, row };
      made.row = row;
      this.live.set(row, made);
      this.#fill(made, layout, ids);
      this.#insert(made);
    }
    const y = Math.round(layout.tops[row] - shift);
    if (made.y !== y) {
      made.y = y;
      made.element.style.setProperty("transform", `translateY(${y}px)`);
    }
    return made;
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

  #fill(made, layout, ids) {
    const { element, row, tiles } = made;
    const boxes = boxesOf(layout, row);
    element.style.setProperty("height", `${heightOf(layout, row)}px`);
    element.setAttribute("aria-rowindex", String(row + 1));
    boxes.forEach((box, place) => {
      if (place === tiles.length) {
        const tile = makeTile();
        tile.cell.setAttribute("aria-colindex", String(place + 1));
        tiles.push(tile);
        element.append(tile.cell);
      }
      const tile = tiles[place];
      tile.index = layout.starts[row] + place;
      tile.id = ids[tile.index];
      tile.cell.hidden = false;
      tile.cell.style.setProperty("left", `${box.left}px`);
      tile.cell.style.setProperty("width", `${box.width}px`);
      this.dress(tile);
    });
    for (let place = boxes.length; place < tiles.length; place += 1) tiles[place].cell.hidden = true;
    made.used = boxes.length;
  }

  /** Rows stand in the document in their order, for those who read it rather than look at it. */
  #insert(made) {
    let after = null;
    for (const other of this.live.values()) {
      if (other.row > made.row && (!after || other.row < after.row)) after = other;
    }
    this.grid.insertBefore(made.element, after?.element ?? null);
  }

  #release(made) {
    for (let place = 0; place < made.used; place += 1) this.undress(made.tiles[place]);
    made.element.remove();
    made.y = undefined;
    this.live.delete(made.row);
    this.#pool.push(made);
  }
}

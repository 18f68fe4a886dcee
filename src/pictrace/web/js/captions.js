/** Names of pictures, asked for one at a time as the pointer or the focus rests on a tile. */

import { h } from "./dom.js";
import { home } from "./order.js";
import { nameOf } from "./words.js";

const REST_MS = 140;
const KEPT = 3000;

export class Captions {
  /** @type {Map<number, {name: string, label: string, added: string}>} */
  #known = new Map();
  #timer = 0;
  #shown = null;

  constructor(app) {
    this.app = app;
  }

  /** What a screen reader says of a picture: its name and size once they are known. */
  label(id) {
    return this.#known.get(id)?.label ?? this.app.t("library.tile", { id: String(id) });
  }

  /** Listens on a wall until `signal` ends. @param {import("./wall.js").Wall} wall @param {AbortSignal} signal */
  listen(wall, signal) {
    const over = (event) => {
      const cell = event.target.closest?.(".tile");
      if (!cell || cell === this.#shown?.cell) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#show(wall, cell), REST_MS);
    };
    wall.grid.addEventListener("pointerover", over, { signal });
    wall.grid.addEventListener("focusin", over, { signal });
    wall.grid.addEventListener("pointerleave", () => clearTimeout(this.#timer), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** What is known of a picture, asked for if need be. @returns {Promise<{name: string, label: string, added: string}>} */
  async read(id) {
    const known = this.#known.get(id);
    if (known) return known;
    const record = await this.app.api.get(`${home(this.app)}/images/${id}`);
    const name = nameOf(this.app, record);
    const { width, height, added } = record;
    const label = this.app.t("library.tile_named", { name, width, height });
    if (this.#known.size > KEPT) this.#known.delete(this.#known.keys().next().value);
    const fact = { name, label, added };
    this.#known.set(id, fact);
    return fact;
  }

  async #show(wall, cell) {
    const tile = [...wall.rows.tiles()].find((one) => one.cell === cell);
    if (!tile) return;
    const { id } = tile;
    try {
      const { name, label } = await this.read(id);
      if (tile.id !== id) return;
      this.#shown?.caption.remove();
      const caption = h("span", { class: "tile-name", "aria-hidden": "true" }, name);
      tile.link.append(caption);
      tile.link.setAttribute("aria-label", label);
      this.#shown = { cell, caption };
    } catch {
      // A picture whose name cannot be had is a picture still; opening it tells what is wrong.
    }
  }
}

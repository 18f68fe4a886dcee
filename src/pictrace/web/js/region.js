/** @file Selecting a part of a picture, with the pointer, the keys or numbers. */

import { h, icon, s } from "./dom.js";
import { corners, shade } from "./overlay.js";

const LEAST = 16;
const HANDLES = [[0, 0], [0.5, 0], [1, 0], [1, 0.5], [1, 1], [0.5, 1], [0, 1], [0, 0.5]];

/**
 * Asks for a region `[x, y, w, h]` in pixels of the picture; null is the whole, undefined that nothing is to change.
 * @param {any} app
 * @param {{source: string, width: number, height: number, region: number[] | null}} picture
 * @returns {Promise<number[] | null | undefined>}
 */
export function selectRegion(app, picture) {
  return new Promise((resolve) => new Selection(app, picture, resolve));
}

class Selection {
  constructor(app, { source, width, height, region }, resolve) {
    Object.assign(this, { app, width, height });
    this.region = region ?? [width * 0.25, height * 0.25, width * 0.5, height * 0.5].map(Math.round);
    this.result = undefined;
    this.build(source, () => { this.dialog.remove(); resolve(this.result); });
    this.draw();
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.box.focus();
  }

  build(source, onclose) {
    const { t } = this.app;
    this.box = s("rect", { class: "region-box", tabindex: 0, role: "group", "aria-roledescription": t("search.region_box"), "aria-describedby": "region-how" });
    this.dark = s("g");
    const round = (style) => HANDLES.map(([x, y]) => s("circle", { class: style, dataset: { x: String(x), y: String(y) } }));
    this.handles = [...round("region-handle"), ...round("region-hit")];
    this.picture = s("svg", { class: "region-picture", viewBox: `0 0 ${this.width} ${this.height}` },
      s("image", { href: source, width: this.width, height: this.height, preserveAspectRatio: "none" }), this.dark, this.box, this.handles);
    this.fields = ["region_x", "region_y", "region_w", "region_h"].map((name, place) => h("input", { type: "number", id: name, min: 0, inputmode: "numeric", onchange: (event) => this.typed(place, Number(event.target.value)) }));
    const labels = [t("search.region_x"), t("search.region_y"), t("search.region_w"), t("search.region_h")];
    const button = (label, symbol, result, style = "") => h("button", { type: "button", class: `button ${style}`, onclick: () => { this.result = result(); this.dialog.close(); } }, symbol && icon(symbol), h("span", null, label));
    this.dialog = h("dialog", { class: "dialog wide", "aria-labelledby": "region-title", onclose },
      h("h2", { id: "region-title" }, t("search.region")),
      h("p", { id: "region-how", class: "dim small" }, t("search.region_how")),
      this.picture,
      h("div", { class: "row numbers" }, this.fields.map((field, place) => h("label", { for: field.id }, labels[place], field))),
      h("div", { class: "row end" },
        button(t("shell.cancel"), "", () => undefined, "bare"), button(t("search.whole"), "whole", () => null), button(t("search.region_go"), "search", () => this.region, "primary")));
    this.listen();
  }

  listen() {
    const { picture } = this;
    picture.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      picture.setPointerCapture(event.pointerId);
      this.drag = this.begun(event);
      this.box.focus();
    });
    picture.addEventListener("pointermove", (event) => { if (this.drag) { this.drag(this.at(event)); this.draw(); } });
    for (const end of ["pointerup", "pointercancel"]) picture.addEventListener(end, () => { this.drag = null; });
    this.box.addEventListener("keydown", (event) => this.key(event));
  }

  /** Where the pointer is, in pixels of the picture. */
  at(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.picture.getScreenCTM().inverse());
    return [Math.min(this.width, Math.max(0, point.x)), Math.min(this.height, Math.max(0, point.y))];
  }

  /** What a drag from here does: moves a side, moves the box, or draws a new one. */
  begun(event) {
    const start = this.at(event);
    const [x, y, w, h] = this.region;
    const handle = event.target.closest(".region-hit");
    if (handle) return ([px, py]) => this.pull(Number(handle.dataset.x), Number(handle.dataset.y), [x, y, w, h], [px - start[0], py - start[1]]);
    if (event.target === this.box) return ([px, py]) => this.set([x + px - start[0], y + py - start[1], w, h]);
    return ([px, py]) => this.set([Math.min(px, start[0]), Math.min(py, start[1]), Math.abs(px - start[0]), Math.abs(py - start[1])]);
  }

  pull(fx, fy, [x, y, w, h], [dx, dy]) {
    const [left, right] = [fx === 0 ? x + dx : x, fx === 1 ? x + w + dx : x + w];
    const [top, bottom] = [fy === 0 ? y + dy : y, fy === 1 ? y + h + dy : y + h];
    this.set([Math.min(left, right), Math.min(top, bottom), Math.abs(right - left), Math.abs(bottom - top)]);
  }

  key(event) {
    const step = Math.max(1, Math.round(Math.max(this.width, this.height) / (event.altKey ? 500 : 50)));
    const [dx, dy] = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key] ?? [0, 0];
    if (event.key === "Enter") { this.result = this.region; this.dialog.close(); }
    if (!dx && !dy) return;
    event.preventDefault();
    const [x, y, w, h] = this.region;
    this.set(event.shiftKey ? [x, y, w + dx, h + dy] : [x + dx, y + dy, w, h]);
    this.draw();
  }

  typed(place, value) {
    const wanted = [...this.region];
    wanted[place] = value;
    this.set(wanted);
    this.draw();
  }

  set([x, y, w, h]) {
    const least = (side) => Math.min(LEAST, side);
    const [wide, high] = [Math.min(this.width, Math.max(least(this.width), w)), Math.min(this.height, Math.max(least(this.height), h))];
    this.region = [Math.min(this.width - wide, Math.max(0, x)), Math.min(this.height - high, Math.max(0, y)), wide, high].map(Math.round);
  }

  draw() {
    const [x, y, w, h] = this.region;
    for (const [name, value] of Object.entries({ x, y, width: w, height: h })) this.box.setAttribute(name, value);
    this.box.setAttribute("aria-label", this.app.t("search.region_at", { x, y, w, h }));
    this.dark.replaceChildren(...[shade(corners(this.region), this.width, this.height)].filter(Boolean));
    for (const handle of this.handles) {
      handle.setAttribute("cx", x + w * Number(handle.dataset.x));
      handle.setAttribute("cy", y + h * Number(handle.dataset.y));
      // What can be seen is small, what can be touched is not.
      handle.setAttribute("r", Math.max(this.width, this.height) / (handle.classList.contains("region-hit") ? 26 : 110));
    }
    this.fields.forEach((field, place) => { field.value = this.region[place]; });
  }
}

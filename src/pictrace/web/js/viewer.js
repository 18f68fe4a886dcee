/** @file A pair of pictures seen in five ways: beside each other, joined by lines, under a slider, blinking, and their difference. */

import { fill, h, icon, s } from "./dom.js";
import { blots, coversAll, edge, shade, spread, threads } from "./overlay.js";

const LINES = 60;
const GAP = 3;
const BLINK_MS = 800;
const INFERNO = ["#000004", "#210c4a", "#56106e", "#8a226a", "#bb3754", "#e35933", "#f98e09", "#fcffa4"];

const WAYS = [
  { name: "pair", label: "compare.pair", key: "p" },
  { name: "lines", label: "compare.lines", key: "l", needs: "lines" },
  { name: "slider", label: "compare.slider", key: "s", needs: "aligned" },
  { name: "blink", label: "compare.blink", key: "b", needs: "aligned" },
  { name: "difference", label: "compare.difference", key: "d", needs: "difference" },
];

let remembered = "pair";

export class Viewer {
  /** @param {any} app @param {any} drawing as the service sends it @param {{query: string, match: string}} names @param {any[]} changes */
  constructor(app, drawing, names, changes = []) {
    this.overlaid = changes.filter((change) => change.kind === "overlaid");
    Object.assign(this, { app, drawing, names, off: () => {}, share: 0.5 });
    this.narrow = matchMedia("(max-width: 700px)");
    this.redraw = () => this.show(this.way);
    this.narrow.addEventListener("change", this.redraw);
    this.stage = h("div", { class: "stage" });
    this.caption = h("figcaption", { class: "dim small" });
    this.controls = h("div", { class: "controls" });
    const usable = WAYS.filter((way) => this.can(way));
    this.element = h("section", { class: "viewer", "aria-label": app.t("compare.views") },
      this.tabs(), h("figure", null, this.stage, this.controls, this.caption),
      usable.length === 1 && h("p", { class: "hint" }, icon("nothing"), h("span", null, app.t("compare.not_laid"))));
    this.show(usable.some((way) => way.name === remembered) ? remembered : "pair");
  }

  can({ needs }) {
    return !needs || Boolean(needs === "lines" ? this.drawing.lines.length > 1 : this.drawing[needs]);
  }

  tabs() {
    return h("fieldset", { class: "ways" }, h("legend", { class: "out" }, this.app.t("compare.views")),
      WAYS.map((way) => h("label", { class: "way" },
        h("input", { type: "radio", name: "way", value: way.name, class: "out", disabled: !this.can(way), onchange: () => { remembered = way.name; this.show(way.name); } }),
        h("span", null, this.app.t(way.label)))));
  }

  keys() {
    const choose = (way) => { if (this.can(way)) this.element.querySelector(`[value=${way.name}]`).click(); };
    return [
      ...WAYS.map((way) => ({ key: way.key, says: way.label, run: () => choose(way) })),
      { key: " ", shown: "␣", says: "compare.flip", run: () => this.flip?.() },
      { key: "ArrowLeft", shown: "←", says: "compare.slide_left", run: () => this.slide?.(this.share - 0.05) },
      { key: "ArrowRight", shown: "→", says: "compare.slide_right", run: () => this.slide?.(this.share + 0.05) },
    ];
  }

  show(way) {
    this.off();
    this.off = () => {};
    Object.assign(this, { way, flip: null, slide: null });
    this.element.querySelector(`[value=${way}]`).checked = true;
    fill(this.controls);
    const draw = { pair: () => this.pair(false), lines: () => this.pair(true), slider: () => this.slider(), blink: () => this.blink(), difference: () => this.difference() };
    draw[way]();
  }

  /** Both pictures beside each other, or one above the other where there is no room. */
  pair(joined) {
    const { query, match } = this.drawing;
    const upright = this.narrow.matches;
    const scaled = (side) => (upright ? 100 / side.width : 100 / side.height);
    const [first, second] = [scaled(query), scaled(match)];
    const [dx, dy] = upright ? [0, query.height * first + GAP] : [query.width * first + GAP, 0];
    const width = upright ? 100 : dx + match.width * second;
    const height = upright ? dy + match.height * second : 100;
    const lines = spread(this.drawing.lines, LINES);
    const across = lines.map(([x1, y1, x2, y2]) => [x1 * first, y1 * first, dx + x2 * second, dy + y2 * second]);
    const { covered, outline } = this.drawing;
    const isWhole = coversAll(covered, query.width, query.height) && coversAll(outline, match.width, match.height);
    this.draw(width, height,
      placed(0, 0, first, query, shade(covered, query.width, query.height), !joined && !isWhole && edge(covered), !joined && blots(this.overlaid.map((change) => change.query_box))),
      placed(dx, dy, second, match, !isWhole && edge(outline), !joined && blots(this.overlaid.map((change) => change.match_box))),
      joined && threads(across));
    const count = this.drawing.lines.length;
    const told = joined && this.app.t(lines.length < count ? "compare.lines_said" : "compare.lines_all", { count, shown: lines.length });
    const dashed = this.overlaid.length ? ` ${this.app.t("change.dashed")}` : "";
    fill(this.caption, joined ? told : this.app.t(isWhole || !outline.length ? "compare.pair_plain" : "compare.pair_said", this.names) + dashed);
  }

  slider() {
    const { match, aligned } = this.drawing;
    const veil = s("rect", { height: match.height });
    const seams = ["seam halo", "seam"].map((style) => s("line", { class: style, y1: 0, y2: match.height }));
    const range = h("input", { type: "range", min: 0, max: 100, step: 0.5, "aria-label": this.app.t("compare.slider_label"), oninput: () => this.slide(range.value / 100) });
    const picture = this.draw(match.width, match.height, image(match.jpeg, match),
      s("clipPath", { id: "veil" }, veil), s("g", { "clip-path": "url(#veil)" }, image(aligned, match)), seams);
    picture.classList.add("slides");
    this.slide = (share) => {
      this.share = Math.min(1, Math.max(0, share));
      const x = this.share * match.width;
      veil.setAttribute("width", x);
      for (const seam of seams) { seam.setAttribute("x1", x); seam.setAttribute("x2", x); }
      range.value = 100 * this.share;
    };
    const follow = (event) => this.slide(new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse()).x / match.width);
    picture.addEventListener("pointerdown", (event) => { picture.setPointerCapture(event.pointerId); follow(event); });
    picture.addEventListener("pointermove", (event) => { if (event.buttons || event.pointerType === "mouse") follow(event); });
    this.slide(this.share);
    fill(this.controls, range);
    fill(this.caption, this.app.t("compare.slider_said", this.names));
  }

  blink() {
    const { match, aligned } = this.drawing;
    const { t } = this.app;
    const front = image(aligned, match);
    this.draw(match.width, match.height, image(match.jpeg, match), front, edge(this.drawing.outline));
    const which = h("b", null);
    let timer = 0;
    let isFront = true;
    const draw = () => { front.style.setProperty("visibility", isFront ? "visible" : "hidden"); fill(which, isFront ? this.names.query : this.names.match); };
    const turn = () => { isFront = !isFront; draw(); };
    const run = (on) => {
      clearInterval(timer);
      timer = on ? setInterval(turn, BLINK_MS) : 0;
      fill(button, icon(on ? "pause" : "play"), on ? t("compare.pause") : t("compare.play"));
    };
    const button = h("button", { type: "button", class: "button", onclick: () => run(!timer) });
    const other = h("button", { type: "button", class: "button", onclick: () => this.flip() }, icon("swap"), t("compare.flip"));
    this.flip = () => { run(false); turn(); };
    this.off = () => clearInterval(timer);
    draw();
    // Blinking is what was asked for, but not by those who asked their system for less motion.
    run(!matchMedia("(prefers-reduced-motion: reduce)").matches);
    fill(this.controls, button, other);
    fill(this.caption, t("compare.blink_said"), " ", which);
  }

  difference() {
    const { match, difference } = this.drawing;
    this.draw(match.width, match.height, image(difference, match));
    const scale = s("svg", { class: "scale", viewBox: "0 0 8 1", preserveAspectRatio: "none", "aria-hidden": "true" },
      INFERNO.map((colour, place) => s("rect", { x: place, width: 1.05, height: 1, fill: colour })));
    fill(this.controls, h("span", { class: "small" }, this.app.t("compare.same")), scale, h("span", { class: "small" }, this.app.t("compare.differs")));
    fill(this.caption, this.app.t("compare.difference_said"));
  }

  draw(width, height, ...content) {
    const label = this.app.t("compare.alt", this.names);
    const picture = s("svg", { viewBox: `0 0 ${width.toFixed(2)} ${height.toFixed(2)}`, role: "img", "aria-label": label }, content);
    fill(this.stage, picture);
    return picture;
  }

  leave() {
    this.off();
    this.narrow.removeEventListener("change", this.redraw);
  }
}

function image(source, { width, height }) {
  return s("image", { href: source, width, height, preserveAspectRatio: "none" });
}

function placed(x, y, scale, side, ...content) {
  return s("svg", { x, y, width: side.width * scale, height: side.height * scale, viewBox: `0 0 ${side.width} ${side.height}`, preserveAspectRatio: "none" }, image(side.jpeg, side), content);
}

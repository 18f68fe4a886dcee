/** @file What is drawn over pictures: outlines, shade and lines, in pixels of the originals. */

import { s } from "./dom.js";

const HELD_WHOLE = 0.985;

/** A polygon's points as an attribute. @param {[number, number][]} polygon */
const points = (polygon) => polygon.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");

/** An outline that is seen on dark and on light ground. @param {[number, number][]} polygon */
export function edge(polygon) {
  if (!polygon || polygon.length < 3) return null;
  return [s("polygon", { class: "edge halo", points: points(polygon) }), s("polygon", { class: "edge", points: points(polygon) })];
}

/** Everything outside a polygon darkened; nothing where it covers all. @param {[number, number][]} polygon @param {number} width @param {number} height */
export function shade(polygon, width, height) {
  if (!polygon || polygon.length < 3 || area(polygon) >= HELD_WHOLE * width * height) return null;
  const hole = polygon.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");
  return s("path", { class: "shade", "fill-rule": "evenodd", d: `M0 0H${width}V${height}H0ZM${hole}Z` });
}

/** Whether a polygon covers a picture but for a rim. */
export function coversAll(polygon, width, height) {
  return Boolean(polygon) && polygon.length > 2 && area(polygon) >= HELD_WHOLE * width * height;
}

/** A drawing in a picture's pixels that lies over it however it is fitted into its box. @param {number} width @param {number} height @param {...any} content */
export function over(width, height, ...content) {
  return s("svg", { class: "over", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, content);
}

/** A region `[x, y, w, h]` as a polygon. @param {number[]} region @returns {[number, number][]} */
export function corners([x, y, w, h]) {
  return [[x, y], [x + w, y], [x + w, y + h], [x, y + h]];
}

/** Boxes `[x, y, w, h]` of what covers something, dashed. @param {number[][]} boxes */
export function blots(boxes) {
  return boxes.map((box) => [s("polygon", { class: "edge halo", points: points(corners(box)) }), s("polygon", { class: "edge blot", points: points(corners(box)) })]);
}

/** Lines between places of two pictures, with a dot at each end. @param {number[][]} lines */
export function threads(lines) {
  if (!lines.length) return null;
  const joined = lines.map(([x1, y1, x2, y2]) => `M${x1.toFixed(2)} ${y1.toFixed(2)}L${x2.toFixed(2)} ${y2.toFixed(2)}`).join("");
  const dots = lines.map(([x1, y1, x2, y2]) => `M${x1.toFixed(2)} ${y1.toFixed(2)}h0M${x2.toFixed(2)} ${y2.toFixed(2)}h0`).join("");
  return [["halo thin", joined], ["line", joined], ["dot halo", dots], ["dot", dots]].map(([style, d]) => s("path", { class: style, d }));
}

/** At most so many lines, evenly from top to bottom. @param {number[][]} lines @param {number} most */
export function spread(lines, most) {
  const ordered = lines.toSorted((one, other) => one[1] - other[1] || one[0] - other[0]);
  const step = Math.max(1, ordered.length / most);
  return Array.from({ length: Math.min(most, ordered.length) }, (_, place) => ordered[Math.floor(place * step)]);
}

function area(polygon) {
  return Math.abs(polygon.reduce((sum, [x1, y1], place) => {
    const [x2, y2] = polygon[(place + 1) % polygon.length];
    return sum + x1 * y2 - x2 * y1;
  }, 0)) / 2;
}

/**
 * Justified rows: which pictures stand in which row, and where. Pure arithmetic over typed arrays, no DOM.
 *
 * @typedef {{width: number, target: number, gap: number}} Frame  All in CSS pixels; `target` is the height rows aim at.
 * @typedef {{frame: Frame, ratios: ArrayLike<number>, rows: number, starts: Int32Array, tops: Float64Array,
 *   total: number}} Layout
 *   Row `r` holds pictures `starts[r]` up to `starts[r + 1]`, begins at `tops[r]` and ends `gap` above `tops[r + 1]`.
 */

// Strips and panoramas are cropped to these, lest one of them take a row of its own or become a line.
const NARROWEST = 0.45;
const WIDEST = 3.2;

/** Width over height as it is drawn, from 100 × width / height. @param {number} ratio */
export const drawn = (ratio) => Math.min(WIDEST, Math.max(NARROWEST, ratio / 100));

/**
 * Breaks pictures into rows of full width, each as near to the target height as one break allows.
 *
 * @param {ArrayLike<number>} ratios  100 × width / height of every picture, in order
 * @param {Frame} frame
 * @returns {Layout}
 */
export function layOut(ratios, frame) {
  const { width, target, gap } = frame;
  const count = ratios.length;
  const starts = new Int32Array(count + 1);
  const tops = new Float64Array(count + 1);
  let rows = 0;
  let top = 0;
  let start = 0;
  while (start < count) {
    let end = start;
    let sum = 0;
    let height = Infinity;
    let before = Infinity;
    while (end < count && height > target) {
      sum += drawn(ratios[end]);
      end += 1;
      before = height;
      height = (width - gap * (end - start - 1)) / sum;
    }
    if (height <= target && end - start > 1 && before / target < target / height) {
      end -= 1;
      height = before;
    }
    starts[rows] = start;
    tops[rows] = top;
    rows += 1;
    const tallest = end === count ? target : target * 1.6;
    top += Math.round(Math.min(height, tallest)) + gap;
    start = end;
  }
  starts[rows] = count;
  tops[rows] = top;
  return {
    frame, ratios, rows, starts: starts.slice(0, rows + 1), tops: tops.slice(0, rows + 1), total: Math.max(0, top - gap),
  };
}

/** The last place in ascending `values` that is not above `value`. @param {ArrayLike<number>} values */
function floor(values, value, last) {
  let low = 0;
  let high = last;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (values[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The row at a height. @param {Layout} layout @param {number} y @returns {number} */
export const rowAt = (layout, y) => floor(layout.tops, y, Math.max(0, layout.rows - 1));

/** The row that holds a picture. @param {Layout} layout @param {number} index @returns {number} */
export const rowOf = (layout, index) => floor(layout.starts, index, Math.max(0, layout.rows - 1));

/** How high a row is. @param {Layout} layout @param {number} row */
export const heightOf = (layout, row) => layout.tops[row + 1] - layout.tops[row] - layout.frame.gap;

/**
 * Left edges and widths of a row's pictures, in whole pixels that leave no seam at the right.
 *
 * @param {Layout} layout
 * @param {number} row
 * @returns {{left: number, width: number}[]}
 */
export function boxesOf(layout, row) {
  const { frame, ratios, starts } = layout;
  const height = heightOf(layout, row);
  const first = starts[row];
  const last = starts[row + 1];
  let sum = 0;
  for (let index = first; index < last; index += 1) sum += drawn(ratios[index]);
  const room = frame.width - frame.gap * (last - first - 1);
  // Only the last row may end before the edge; in any other, rounding and cropping are made up for.
  const scale = row === layout.rows - 1 ? Math.min(height, room / sum) : room / sum;
  const boxes = [];
  let x = 0;
  for (let index = first; index < last; index += 1) {
    const width = drawn(ratios[index]) * scale;
    boxes.push({ left: Math.round(x), width: Math.round(x + width) - Math.round(x) });
    x += width + frame.gap;
  }
  return boxes;
}

/** The middle of a picture from the left. @param {Layout} layout @param {number} index */
export function middleOf(layout, index) {
  const row = rowOf(layout, index);
  const box = boxesOf(layout, row)[index - layout.starts[row]];
  return box.left + box.width / 2;
}

/** The picture of a row that stands nearest below or above `x`. @param {Layout} layout */
export function nearestIn(layout, row, x) {
  const boxes = boxesOf(layout, row);
  let best = 0;
  let least = Infinity;
  boxes.forEach((box, place) => {
    const far = Math.abs(box.left + box.width / 2 - x);
    if (far < least) {
      least = far;
      best = place;
    }
  });
  return layout.starts[row] + best;
}

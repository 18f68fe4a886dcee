import assert from "node:assert/strict";
import { test } from "node:test";
import { boxesOf, drawn, heightOf, layOut, middleOf, nearestIn, rowAt, rowOf } from "../../src/pictrace/web/js/rows.js";

const frame = { width: 1000, target: 200, gap: 6 };

/** Ratios between a tall picture and a panorama, the same every time. */
function ratios(count, seed = 7) {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return 30 + (state % 400);
  });
}

test("every picture stands in exactly one row", () => {
  const layout = layOut(ratios(997), frame);

  assert.equal(layout.starts[0], 0);
  assert.equal(layout.starts[layout.rows], 997);
  for (let row = 0; row < layout.rows; row += 1) assert.ok(layout.starts[row + 1] > layout.starts[row]);
});

test("rows but the last end at the right edge, to the pixel", () => {
  const layout = layOut(ratios(300), frame);

  for (let row = 0; row < layout.rows - 1; row += 1) {
    const { left, width } = boxesOf(layout, row).at(-1);
    assert.equal(left + width, 1000);
  }
});

test("rows are near the height they aim at", () => {
  const layout = layOut(ratios(3000), frame);

  for (let row = 0; row < layout.rows; row += 1) {
    assert.ok(heightOf(layout, row) >= 200 * 0.6 && heightOf(layout, row) <= 200 * 1.6);
  }
});

test("a last row that is not full keeps its pictures' ratios", () => {
  const layout = layOut([100, 100], frame);

  assert.deepEqual(boxesOf(layout, 0), [{ left: 0, width: 200 }, { left: 206, width: 200 }]);
});

test("no pictures are no rows and no height", () => {
  const layout = layOut([], frame);

  assert.equal(layout.rows, 0);
  assert.equal(layout.total, 0);
});

test("a row is found by its height and by its pictures", () => {
  const layout = layOut(ratios(500), frame);

  for (let row = 0; row < layout.rows; row += 1) {
    assert.equal(rowAt(layout, layout.tops[row]), row);
    assert.equal(rowOf(layout, layout.starts[row]), row);
    assert.equal(rowOf(layout, layout.starts[row + 1] - 1), row);
  }
});

test("going down and up again ends where it began", () => {
  const layout = layOut(ratios(500), frame);
  const x = middleOf(layout, 40);
  const below = nearestIn(layout, rowOf(layout, 40) + 1, x);

  assert.equal(rowOf(layout, below), rowOf(layout, 40) + 1);
  assert.equal(nearestIn(layout, rowOf(layout, below) - 1, x), 40);
});

test("strips and panoramas are drawn as rows can hold them", () => {
  assert.equal(drawn(2), 0.45);
  assert.equal(drawn(4000), 3.2);
  assert.equal(drawn(150), 1.5);
});

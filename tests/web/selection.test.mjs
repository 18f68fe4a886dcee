import assert from "node:assert/strict";
import { test } from "node:test";
import { Selection } from "../../src/pictrace/web/js/selection.js";

const order = Float64Array.of(10, 20, 30, 40, 50);

test("a range goes from the picture selected last to the one reached, either way", () => {
  const selection = new Selection();
  selection.toggle(30);
  selection.reach(order, 50);
  selection.reach(order, 10);

  assert.deepEqual([...selection.ids].sort(), [10, 20, 30]);
});

test("a range leaves alone what was selected before it", () => {
  const selection = new Selection();
  selection.toggle(10);
  selection.toggle(30);
  selection.reach(order, 50);
  selection.reach(order, 40);

  assert.deepEqual([...selection.ids].sort(), [10, 30, 40]);
});

test("a range without a beginning selects one picture", () => {
  const selection = new Selection();
  selection.reach(order, 20);

  assert.deepEqual([...selection.ids], [20]);
});

test("pictures that are gone are no longer selected, and listeners hear of it once", () => {
  const selection = new Selection();
  selection.all([10, 20]);
  let heard = 0;
  selection.addEventListener("change", () => { heard += 1; });
  selection.drop(new Set([20, 99]));
  selection.drop(new Set([99]));

  assert.deepEqual([...selection.ids], [10]);
  assert.equal(heard, 1);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../src/pictrace/web/js/pace.js";

test("no rate is told before there are two marks a second apart", () => {
  const pace = new Pace();
  pace.expect(1000);
  pace.finish(100, 0);

  assert.equal(pace.rate(500), null);
  assert.equal(pace.left(0.1, 500), null);
});

test("what is left follows from the last seconds", () => {
  const pace = new Pace();
  pace.expect(10_000);
  pace.finish(1000, 0);
  pace.finish(1000, 1000);
  pace.finish(1000, 2000);

  assert.deepEqual(pace.rate(2000), { bytes: 1000, files: 1 });
  assert.equal(pace.left(0.3, 2000), 7);
});

test("what happened long ago does not count", () => {
  const pace = new Pace();
  pace.finish(1_000_000, 0);
  for (let second = 60; second <= 70; second += 1) pace.finish(100, second * 1000);

  assert.equal(Math.round(pace.rate(70_000).bytes), 100);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { forget, keptOrder, libraryHash, readOrder, without } from "../../src/pictrace/web/js/order.js";

const order = { ids: Float64Array.of(9, 5, 3), ratios: Float32Array.of(150, 66, 100), sort: "newest", filter: "", version: 4, pictures: 3 };

test("an order less some pictures keeps the others in their places", () => {
  const left = without(order, new Set([5, 77]));

  assert.deepEqual([...left.ids], [9, 3]);
  assert.deepEqual([...left.ratios], [150, 100]);
});

test("an order that holds none of them is the same object", () => {
  assert.equal(without(order, new Set([77])), order);
});

test("an address says only what is unusual", () => {
  assert.equal(libraryHash({ sort: "newest", filter: "", at: null }), "#/library");
  assert.equal(libraryHash({ sort: "oldest", filter: 'path ~ "a b"', at: 12 }), "#/library?sort=oldest&filter=path+%7E+%22a+b%22&at=12");
});

test("what was deleted is no longer in the order that was read last, nor counted", async () => {
  const answer = { ids: [4, 2, 1], ratios: [100, 150, 66], version: 8, count: 3 };
  await readOrder({ collection: "default", api: { get: async () => answer } }, { sort: "newest", filter: "" });

  forget(new Set([2]));

  assert.deepEqual([...keptOrder().ids], [4, 1]);
  assert.equal(keptOrder().pictures, 2);
});

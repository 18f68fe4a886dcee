import assert from "node:assert/strict";
import test from "node:test";

import { calledAmong } from "../../src/pictrace/web/js/sides.js";
import { Turn } from "../../src/pictrace/web/js/turn.js";

const file = (path, more = {}) => ({ id: path.charCodeAt(0), path, sha256: path[0], width: 40, height: 30, size: 900, pick: null, reference: false, ...more });
const begun = (...members) => new Turn({ members });
const paths = (picks) => picks.map(({ path, pick }) => [path, pick]);

test("the first file stays until another is better", () => {
  const turn = begun(file("a"), file("b"), file("c"));
  assert.deepEqual([turn.left.path, turn.right.path, turn.waiting], ["a", "b", 2]);
  assert.deepEqual(paths(turn.answer("left").picks), [["a", "keep"], ["b", "remove"]]);
  assert.deepEqual(paths(turn.answer("right").picks), [["c", "keep"], ["a", "remove"]]);
  assert.deepEqual([turn.left.path, turn.isOver], ["c", true]);
});

test("the largest picture stays so far, and of equals the largest file", () => {
  assert.equal(begun(file("a"), file("b", { width: 80 }), file("c", { size: 9999 })).left.path, "b");
  assert.equal(begun(file("a"), file("b"), file("c", { size: 9999 })).left.path, "c");
});

test("a group goes on where it was left", () => {
  const turn = begun(file("a", { pick: "remove" }), file("b", { pick: "keep" }), file("c"));
  assert.deepEqual([turn.left.path, turn.right.path], ["b", "c"]);
});

test("of two that are apart the later one leaves, and what was chosen for it is open", () => {
  const turn = begun(file("a"), file("a2", { id: 97 }), file("b", { width: 80 }), file("c"));
  turn.answer("left");
  assert.deepEqual([turn.left.path, turn.right.path], ["b", "a2"]);
  assert.deepEqual(paths(turn.answer("different").picks), [["a", null], ["b", null]]);
  assert.deepEqual([turn.left.path, turn.right.path, turn.waiting], ["a", "a2", 2]);
});

test("two pictures that both stay are a decision", () => {
  const turn = begun(file("a"), file("b"), file("b2", { id: 98 }), file("c"));
  assert.deepEqual(turn.answer("both"), { picks: [], decision: { ids: [97, 98], verdict: "both" } });
  assert.equal(turn.right.path, "c");
});

test("two files of one picture that both stay are picks", () => {
  const turn = begun(file("a"), file("a2", { id: 97 }));
  assert.deepEqual(paths(turn.answer("both").picks), [["a", "keep"], ["a2", "keep"]]);
  assert.equal(turn.isOver, true);
});

test("equal bytes are no different pictures", () => {
  const turn = begun(file("a"), file("a2", { id: 97 }));
  assert.equal(turn.refusal("different"), "duplicates.same_bytes");
  assert.equal(turn.refusal("alternate"), "duplicates.same_bytes");
  assert.equal(turn.refusal("left"), "");
});

test("a reference stays and is never asked about", () => {
  const turn = begun(file("a"), file("r", { reference: true }), file("b"));
  assert.equal(turn.left.path, "r");
  assert.equal(turn.refusal("right"), "duplicates.is_reference");
  assert.deepEqual(paths(turn.answer("left").picks), [["a", "remove"]]);
  turn.answer("left");
  assert.equal(turn.refusal("left"), "duplicates.nothing_left");
});

test("an answer is taken back with all that it chose", () => {
  const turn = begun(file("a"), file("b"), file("c"));
  turn.answer("left");
  const kept = turn.kept();
  turn.answer("right");
  assert.deepEqual(paths(turn.restore(kept)), [["a", "keep"], ["c", null]]);
  assert.deepEqual([turn.left.path, turn.right.path, turn.isOver], ["a", "c", false]);
});

test("another file can be looked at first", () => {
  const turn = begun(file("a"), file("b"), file("c"));
  turn.show(turn.members[2]);
  assert.equal(turn.right.path, "c");
  turn.show(turn.members[0]);
  assert.equal(turn.right.path, "c");
});

test("files of one name are told with the folders that tell them apart", () => {
  const members = ["/p/a.jpg", "/p/phone/a.jpg", "/q/b.jpg"].map((path) => file(path));
  assert.deepEqual(members.map(calledAmong(members)), ["a.jpg", "phone/a.jpg", "b.jpg"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "../../src/pictrace/web/js/addresses.js";

test("addresses are taken once each, and lines that are none are kept whole", () => {
  const found = parse("https://a.example/1.jpg\n\n not one \nhttps://a.example/1.jpg http://b.example/2.png\nftp://c.example/x");

  assert.deepEqual(found.good, ["https://a.example/1.jpg", "http://b.example/2.png"]);
  assert.deepEqual(found.bad, ["not one", "ftp://c.example/x"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.window = new EventTarget();
const { Uploads } = await import("../../src/pictrace/web/js/uploads.js");

const picture = (name, size = 10) => new File([new Uint8Array(size)], name, { type: "image/jpeg" });

/** Uploads to a service whose answers are given one by one. */
function queue(limits = {}) {
  const asked = [];
  const send = (method, path, body, { signal }) => new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    asked.push({ name: body.get?.("image").name, body, resolve, reject });
  });
  const app = { collection: "default", info: { limits }, api: { send }, t: (key) => key, on: () => () => {} };
  return { uploads: new Uploads(app), asked };
}

/** Lets everything happen that waits for nothing but its turn. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

const names = (items) => items.map((item) => item.name);

test("three files are on their way at once, and the next follows when one is in", async () => {
  const { uploads, asked } = queue();
  uploads.addFiles(["a", "b", "c", "d", "e"].map((name) => picture(name)));
  assert.deepEqual(names(asked), ["a", "b", "c"]);

  asked[1].resolve({ id: 1, known: false, links: {} });
  await settled();

  assert.deepEqual(names(asked), ["a", "b", "c", "d"]);
  assert.equal(uploads.counts.added, 1);
});

test("a file that is refused is kept with its reason, and goes again when asked", async () => {
  const { uploads, asked } = queue();
  uploads.addFiles([picture("a")]);
  asked[0].reject({ code: "image_corrupt", status: 422 });
  await settled();
  assert.equal(uploads.failed[0].problem.code, "image_corrupt");

  uploads.retry();
  asked[1].resolve({ id: 1, known: true, links: {} });
  await settled();

  assert.deepEqual([uploads.failed.length, uploads.counts.known, uploads.counts.total], [0, 1, 1]);
});

test("a busy service is left alone for as long as it says, and then gets the same file", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { uploads, asked } = queue();
  uploads.addFiles([picture("a")]);
  asked[0].reject({ code: "rate_limited", status: 429, retryAfter: 7 });
  await settled();
  context.mock.timers.tick(6900);
  assert.deepEqual([asked.length, uploads.waiting], [1, 1]);

  context.mock.timers.tick(200);

  assert.deepEqual(names(asked), ["a", "a"]);
  assert.equal(uploads.pause, null);
});

test("cancelling all leaves nothing under way or waiting", async () => {
  const { uploads, asked } = queue();
  uploads.addFiles(["a", "b", "c", "d", "e"].map((name) => picture(name)));
  uploads.cancelAll();
  await settled();

  assert.deepEqual([asked.length, uploads.isBusy, uploads.counts.cancelled, uploads.failed.length], [3, false, 5, 0]);
});

test("a file above the service's limit is refused without being sent", async () => {
  const { uploads, asked } = queue({ file_bytes: 100 });
  uploads.addFiles([picture("large", 200)]);
  await settled();

  assert.equal(asked.length, 0);
  assert.equal(uploads.failed[0].problem.code, "payload_too_large");
});

test("many addresses go as lists of a thousand", () => {
  const { uploads, asked } = queue();
  uploads.addUrls(Array.from({ length: 1001 }, (_, number) => `https://a.example/${number}.jpg`));

  assert.deepEqual(asked.map(({ body }) => body.urls?.length ?? body.url), [1000, "https://a.example/1000.jpg"]);
});

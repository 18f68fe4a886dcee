import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.window = new EventTarget();
const { removalOf } = await import("../../src/pictrace/web/js/removal.js");

/** A page that notes what the service is asked for, and what is said. */
function page(answer = async () => null) {
  const asked = [];
  const toasts = [];
  const send = (...request) => {
    asked.push(request);
    return answer(...request);
  };
  const app = {
    collection: "default", asked, toasts, api: { send, url: (path) => path }, t: (key) => key, announce: () => {},
    sentence: (problem) => problem.code, toast: (toast) => toasts.push(toast) && (() => {}),
  };
  return app;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("pictures vanish at once, and the service hears of it when the time to undo is over", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const app = page();
  removalOf(app).remove([4]);
  assert.deepEqual([...removalOf(app).hidden], [4]);
  context.mock.timers.tick(7900);
  assert.equal(app.asked.length, 0);

  context.mock.timers.tick(200);

  assert.deepEqual(app.asked, [["DELETE", "/v1/collections/default/images/4"]]);
});

for (const rescan of [true, false]) {
  test(`that files of folders are found again is said ${rescan ? "where" : "only where"} folders are served`, (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const app = { ...page(), info: { rescan } };
    removalOf(app).remove([4]);

    assert.equal(app.toasts[0].detail, rescan ? "library.deleted_again" : "");
  });
}

test("what is undone comes back, and is never asked for", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const app = page();
  removalOf(app).remove([4, 5]);
  removalOf(app).remove([6]);
  app.toasts[0].action.run();
  context.mock.timers.tick(9000);

  assert.deepEqual(app.asked, [["DELETE", "/v1/collections/default/images/6"]]);
  assert.equal(removalOf(app).hidden.has(4), false);
});

test("the last deletion is undone first", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const app = page();
  removalOf(app).remove([4]);
  removalOf(app).remove([5]);
  removalOf(app).undo();

  assert.deepEqual([...removalOf(app).hidden], [4]);
});

test("pictures that could not be deleted come back with the reason", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const app = page(() => Promise.reject({ code: "index_locked", status: 503 }));
  removalOf(app).remove([4, 5]);
  context.mock.timers.tick(8000);
  await settled();

  assert.equal(removalOf(app).hidden.size, 0);
  assert.equal(app.toasts.at(-1).text, "library.not_deleted");
});

test("many pictures are deleted a thousand at a time", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const app = page();
  removalOf(app).remove(Array.from({ length: 2500 }, (_, id) => id + 1));
  context.mock.timers.tick(8000);
  await settled();

  assert.deepEqual(app.asked.map(([, , { ids }]) => ids.length), [1000, 1000, 500]);
});

test("of several pictures one that was deleted elsewhere does not keep the others", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const there = new Set([4, 6]);
  const app = page(async (method, path, body) => {
    const ids = body?.ids ?? [Number(path.split("/").at(-1))];
    if (!ids.every((id) => there.has(id))) throw { code: "not_found", status: 404 };
    for (const id of ids) there.delete(id);
  });
  const removal = removalOf(app);
  removal.remove([4, 5, 6]);
  context.mock.timers.tick(8000);
  await settled();

  assert.deepEqual([there.size, removal.hidden.size, app.toasts.length], [0, 0, 1]);
  assert.deepEqual(app.asked.map(([method]) => method), ["POST", "POST", "DELETE", "DELETE", "DELETE"]);
});

test("what was deleted before something went wrong is not asked for again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const app = page(async (method, path) => {
    if (method === "POST") throw { code: "not_found", status: 404 };
    if (path.endsWith("/5")) throw { code: "rate_limited", status: 429 };
  });
  removalOf(app).remove([4, 5]);
  context.mock.timers.tick(8000);
  await settled();
  app.toasts.at(-1).action.run();

  assert.deepEqual([...removalOf(app).hidden], [5]);
});

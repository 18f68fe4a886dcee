import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.window = new EventTarget();
const { liveOf } = await import("../../src/pictrace/web/js/live.js");

const HOME = "/v1/collections/default";
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A page that is told of events, and notes what the service is asked for. */
function page() {
  const asked = [];
  const heard = {};
  const get = async (path) => {
    asked.push(path);
    return path === HOME ? { name: "default", pictures: 1, version: 1, index: {} } : { jobs: [] };
  };
  const on = (name, run) => { heard[name] = run; };
  return { collection: "default", asked, heard, info: { rights: ["index"] }, api: { get }, on, emit: () => {} };
}

test("while a job runs for a minute, the page asks four times for what no event tells", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const app = page();
  const live = liveOf(app);
  await settled();
  app.asked.length = 0;

  for (let second = 1; second <= 60; second += 1) {
    app.heard.job({ id: "j000001", state: "running", done: second });
    app.heard.collection({ name: "default", pictures: second, version: second + 1 });
    context.mock.timers.tick(1000);
    await settled();
  }

  assert.deepEqual(app.asked, [HOME, HOME, HOME, HOME]);
  assert.equal(live.jobs.get("j000001").done, 60);
});

test("after a quiet time the end of a job is looked at soon", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const app = page();
  liveOf(app);
  await settled();
  app.asked.length = 0;
  context.mock.timers.tick(20_000);
  app.heard.job({ id: "j000001", state: "done", done: 1 });
  context.mock.timers.tick(2000);

  assert.deepEqual(app.asked, [HOME]);
});

test("other encoders are asked about at once, and whether they read words is told once", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const app = page();
  let words = false;
  app.api.get = async (path) => (path === HOME ? { name: "default", pictures: 1, version: 1, index: {}, encoders: ["lite0"], words } : { jobs: [] });
  const told = [];
  app.emit = (name, detail) => told.push([name, detail]);
  liveOf(app);
  await settled();
  words = true;
  app.heard.collection({ name: "default", pictures: 1, version: 1, encoders: ["lite0", "clip"] });
  await settled();
  app.heard.collection({ name: "default", pictures: 1, version: 1 });
  await settled();

  assert.deepEqual(told, [["words", false], ["words", true]]);
});

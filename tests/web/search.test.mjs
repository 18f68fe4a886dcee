import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { createApi, Problem } from "../../src/pictrace/web/js/api.js";
import { address, ask, comparison, optionsOf, queryOf, restored } from "../../src/pictrace/web/js/query.js";

/** A service that answers once in its own way, for as long as a test runs. */
async function serving(answer, work, hooks) {
  const server = createServer(answer);
  await new Promise((resolve) => { server.listen(0, "127.0.0.1", resolve); });
  try {
    return await work(createApi(`http://127.0.0.1:${server.address().port}/prefix/`, hooks));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const streams = (...parts) => async (_, answer) => {
  answer.writeHead(200, { "Content-Type": "text/event-stream" });
  for (const part of parts) { answer.write(part); await new Promise((resolve) => { setImmediate(resolve); }); }
  answer.end();
};

test("events are told as they come, however the bytes are cut", async () => {
  const told = [];
  const parts = [": hello\n\nevent: sta", 'ge\r\ndata: {"stage":"ex', 'act"}\r\n\r\n', 'event: answer\ndata: {"a":\ndata: 1}\n\n'];

  await serving(streams(...parts), (api) => api.stream("/v1/x", { onEvent: (...event) => told.push(event) }));

  assert.deepEqual(told, [["stage", { stage: "exact" }], ["answer", { a: 1 }]]);
});

test("a problem in a stream is an error with its code", async () => {
  const part = 'event: problem\ndata: {"code":"not_an_image","status":415,"detail":"no"}\n\n';

  await assert.rejects(serving(streams(part), (api) => api.stream("/v1/x", { onEvent() {} })), { code: "not_an_image", status: 415 });
});

test("a refusal asks for a key once and tries again", async () => {
  let asked = 0;
  const answer = (request, reply) => { reply.writeHead(asked ? 200 : 401, { "Content-Type": "application/json" }); reply.end(asked ? '{"ok":true}' : '{"code":"unauthenticated"}'); };
  const askForKey = async () => { asked += 1; return true; };

  const both = await serving(answer, (api) => Promise.all([api.get("/v1/a"), api.get("/v1/b")]), { askForKey });

  assert.deepEqual([both, asked], [[{ ok: true }, { ok: true }], 1]);
});

test("a refusal that comes late does not ask for a key again", async () => {
  const late = [];
  let asked = 0;
  const answer = (request, reply) => {
    const refuse = () => { reply.writeHead(401, { "Content-Type": "application/json" }); reply.end('{"code":"unauthenticated"}'); };
    if (request.url.endsWith("/late")) late.push(refuse); else refuse();
  };
  const askForKey = async () => { asked += 1; await new Promise((resolve) => { setTimeout(resolve, 5); }); return false; };

  await serving(answer, async (api) => {
    const slow = api.get("/v1/late").catch((error) => error.code);
    await assert.rejects(api.get("/v1/a"), { code: "unauthenticated" });
    for (const refuse of late) refuse();
    assert.deepEqual([await slow, asked], ["unauthenticated", 1]);
  }, { askForKey });
});

test("an answer that is no JSON still has a code", async () => {
  const answer = (_, reply) => { reply.writeHead(503, { "Content-Type": "text/html" }); reply.end("<h1>busy</h1>"); };

  await assert.rejects(serving(answer, (api) => api.get("v1/info")), { code: "not_ready" });
});

test("an answer that nobody waits for any more is no answer", async () => {
  const answer = (_, reply) => { reply.writeHead(200, { "Content-Type": "application/json" }); reply.write('{"half":'); };
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);

  await assert.rejects(serving(answer, (api) => api.get("v1/info", { signal: stop.signal })), { name: "AbortError" });
});

test("a refusal says when it is worth asking again", async () => {
  const answer = (_, reply) => { reply.writeHead(429, { "Content-Type": "application/problem+json", "Retry-After": "7" }); reply.end('{"code":"rate_limited"}'); };

  await assert.rejects(serving(answer, (api) => api.get("v1/info")), { code: "rate_limited", retryAfter: 7 });
});

test("paths are under the address of the page", () => {
  assert.equal(createApi("http://host/prefix/").url("/v1/info"), "http://host/prefix/v1/info");
});

test("no connection is a problem that can be told", async () => {
  const error = await createApi("http://127.0.0.1:9/").get("v1/info").catch((found) => found);

  assert.ok(error instanceof Problem);
  assert.equal(error.code, "network");
});

test("an address brings a search back, and leaves out what is usual", () => {
  const query = { ...queryOf({ id: 12 }), region: [1, 2, 30, 40] };
  const hash = address(query, { mode: "copy", min: "0", filter: 'path ~ "a b"' });
  const params = Object.fromEntries(new URLSearchParams(hash.split("?")[1]));

  assert.deepEqual(optionsOf(params), { mode: "copy", min: "0", filter: 'path ~ "a b"' });
  assert.deepEqual(restored({ query: {} }, params).region, [1, 2, 30, 40]);
  assert.equal(address(queryOf({ url: "https://example.org/a?b=1&c" }), {}), "#/search?url=https%3A%2F%2Fexample.org%2Fa%3Fb%3D1%26c");
});

test("a file that the collection holds is addressed by its number", () => {
  const query = { ...queryOf({ file: new File(["x"], "x.png") }), known: 7 };

  assert.equal(comparison(query, 9), "#/compare?a=7&b=9");
  assert.equal(restored({ query }, { id: "7" }), query);
});

test("a file that is gone cannot be brought back", () => {
  assert.equal(restored({ query: {} }, {}), null);
});

test("an answer is kept with its picture, and one that broke off is a problem", async () => {
  const query = queryOf({ id: 1 });
  const envelope = { results: [], query: { id: 1, width: 4, height: 3, format: "PNG", sha256: "00" } };
  const app = (api) => ({ api, path: (rest) => `/v1/collections/default${rest}` });
  const options = optionsOf({});
  const hooks = { signal: undefined, onStage() {} };

  const first = await serving(streams(`event: answer\ndata: ${JSON.stringify(envelope)}\n\n`), (api) => ask(app(api), query, options, hooks));
  const again = await ask(app(null), query, options, hooks);
  const broken = serving(streams(": nothing\n\n"), (api) => ask(app(api), queryOf({ id: 2 }), options, hooks));

  assert.equal(again, first);
  assert.equal(query.width, 4);
  await assert.rejects(broken, { code: "network" });
});

test("who gave no key is not asked again by itself, until one was given", async () => {
  let asked = 0;
  const refuse = (request, answer) => {
    const isSession = request.url.endsWith("session");
    answer.writeHead(isSession ? 204 : 401, isSession ? {} : { "Content-Type": "application/problem+json" });
    answer.end(isSession ? undefined : '{"code":"unauthenticated"}');
  };
  const askForKey = async () => { asked += 1; return false; };

  await serving(refuse, async (api) => {
    for (let number = 0; number < 3; number += 1) await assert.rejects(api.get("/v1/x"), Problem);
    assert.equal(asked, 1);
    await api.signIn("key");
    await assert.rejects(api.get("/v1/x"), Problem);
  }, { askForKey });

  assert.equal(asked, 2);
});

test("the least score is not asked of a mixture, which has none that says anything", async () => {
  const asked = [];
  const app = { path: (rest) => rest, api: { stream: async (_, { body, onEvent }) => { asked.push(body.min_score); onEvent("answer", { results: [], query: { sha256: null } }); } } };
  const hooks = { signal: undefined, onStage() {} };

  for (const query of [{ id: 1 }, { text: "red" }, { id: 1, text: "red" }, { text: "red", minus: "blue" }]) await ask(app, queryOf(query), optionsOf({ min: "0.5" }), hooks);

  assert.deepEqual(asked, [0.5, 0.5, 0, 0]);
});

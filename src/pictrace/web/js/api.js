/** @file The HTTP API: requests, streams, and problems as errors. */

/** What the service says went wrong; `code` never changes its meaning, `network` and `aborted` are our own. */
export class Problem extends Error {
  /** @param {{code?: string, status?: number, detail?: string, hint?: string, title?: string, retryAfter?: number}} plain */
  constructor(plain) {
    super(plain.detail || plain.title || plain.code);
    this.code = plain.code ?? "internal";
    this.status = plain.status ?? 0;
    this.detail = plain.detail ?? plain.title ?? "";
    this.hint = plain.hint ?? "";
    /** In how many seconds it is worth asking again; 0 where nobody said. */
    this.retryAfter = plain.retryAfter || 0;
  }
}

/**
 * @typedef {{method?: string, body?: any, headers?: Record<string, string>, signal?: AbortSignal,
 *   onUploadProgress?: (share: number) => void, isQuiet?: boolean, onEvent?: (name: string, data: any) => void}} Request
 */

/**
 * The service at an address. A refusal for want of a key asks for one, once, and tries again.
 * @param {string | URL} base where the page is
 * @param {{askForKey?: () => Promise<boolean>}} [hooks]
 */
export function createApi(base, { askForKey = async () => false } = {}) {
  const url = (path) => new URL(path.replace(/^\//, ""), base).href;
  let asking = null;
  let last = { at: -1, isTaken: false };
  // Who gave no key is not asked again by itself: what is refused then says so, and offers to sign in.
  let isDeclined = false;
  const askOnce = () => (asking ??= askForKey().then((isTaken) => {
    last = { at: performance.now(), isTaken };
    isDeclined = !isTaken;
    return isTaken;
  }).finally(() => { asking = null; }));

  async function attempt(work) {
    const begun = performance.now();
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "unauthenticated") throw error;
      // What was asked before the key was given, or was not, has its answer already.
      if (!(begun < last.at ? last.isTaken : !isDeclined && await askOnce())) throw error;
      return work();
    }
  }

  const send = (method, path, body, { signal, headers, onUploadProgress } = {}) =>
    attempt(async () => {
      const request = { method, signal, ...packed(body, headers) };
      return onUploadProgress ? uploaded(url(path), request, onUploadProgress) : settled(await reached(url(path), request));
    });

  return {
    url,
    send,
    /** @param {string} path @param {{signal?: AbortSignal}} [options] */
    get: (path, { signal } = {}) => send("GET", path, undefined, { signal }),
    /** Server-Sent Events until their end; an event `problem` rejects, and if `isQuiet` no key is asked for. @param {string} path @param {Request} options */
    stream: (path, { method = "GET", body, headers, signal, isQuiet = false, onEvent }) =>
      (isQuiet ? (work) => work() : attempt)(async () => {
        const request = packed(body, { ...headers, Accept: "text/event-stream" });
        await streamed(await reached(url(path), { method, signal, ...request }), onEvent);
      }),
    /** A session for a key, kept in a cookie that no script reads. @param {string} key */
    signIn: async (key) => {
      await settled(await reached(url("v1/session"), { method: "POST", headers: { Authorization: `Bearer ${key}` } }));
      isDeclined = false;
    },
    signOut: async () => settled(await reached(url("v1/session"), { method: "DELETE" })),
  };
}

function packed(body, headers = {}) {
  if (body === undefined || body === null) return { headers };
  if (body instanceof FormData || body instanceof Blob) return { body, headers };
  return { body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers } };
}

async function reached(address, request) {
  try {
    return await fetch(address, { credentials: "same-origin", ...request });
  } catch (error) {
    throw lost(error);
  }
}

/** An answer that is no JSON says nothing; one that broke off, or is not wanted any more, is an error. */
function unread(error) {
  if (error instanceof SyntaxError) return null;
  throw lost(error);
}

function lost(error) {
  return error.name === "AbortError" ? error : new Problem({ code: "network" });
}

async function settled(answer) {
  const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
  const plain = isJson && answer.status !== 204 ? await answer.json().catch(unread) : null;
  if (!answer.ok) throw refusal(answer.status, plain, answer.headers.get("Retry-After"), answer.statusText);
  return plain;
}

function refusal(status, plain, wait, title = "") {
  return new Problem({ status, title, code: coded(status), retryAfter: Number(wait), ...plain });
}

function coded(status) {
  return { 401: "unauthenticated", 403: "forbidden", 404: "not_found", 413: "payload_too_large", 429: "rate_limited", 503: "not_ready" }[status] ?? "internal";
}

async function streamed(answer, onEvent) {
  if (!answer.ok || !(answer.headers.get("Content-Type") ?? "").includes("event-stream")) {
    return onEvent("answer", await settled(answer));
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const blocks = (rest + part.value).replaceAll("\r\n", "\n").split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) told(block, onEvent);
    }
  } catch (error) {
    throw error instanceof Problem ? error : lost(error);
  } finally {
    reader.cancel().catch(() => {});
  }
}

function told(block, onEvent) {
  const fields = { event: "message", data: [] };
  for (const line of block.split("\n")) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name === "data") fields.data.push(value);
    else if (name === "event") fields.event = value;
  }
  if (!fields.data.length) return;
  const data = JSON.parse(fields.data.join("\n"));
  if (fields.event === "problem") throw new Problem(data);
  onEvent(fields.event, data);
}

/** Fetch does not tell how much was sent, so uploads that show it go another way. */
function uploaded(address, { method, body, headers, signal }, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => {
      const plain = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(plain);
      else reject(refusal(request.status, plain, request.getResponseHeader("Retry-After")));
    };
    request.onerror = () => reject(new Problem({ code: "network" }));
    request.onabort = () => reject(new DOMException("aborted", "AbortError"));
    signal?.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

function parsed(text) {
  try { return text ? JSON.parse(text) : null; } catch { return null; }
}

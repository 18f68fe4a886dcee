/** @file What is searched with, a picture, words or both: where it is from, how it is shown, and asking the service. */

/** Pictures of one answer, and of each further one. */
export const PAGE = 24;

/** Options of a search in the address, with what they are when left out. */
const DEFAULTS = { mode: "auto", min: "0", filter: "" };

/** A query from a file, an address, a stored picture's id or words. @param {{file?: File, url?: string, id?: number, text?: string, minus?: string}} source */
export function queryOf(source) {
  const { file = null, url = null, id = null, text = "", minus = "" } = source;
  return { file, url, id, text, minus, objectUrl: file && URL.createObjectURL(file), region: null, name: file?.name ?? url ?? "", known: id, width: 0, height: 0, answers: new Map() };
}

/** Makes a picture or words what is searched with, and shows the results. @param {any} app @param {{file?: File, url?: string, id?: number, text?: string}} source */
export function searchWith(app, source) {
  if (source.file && !isFitting(app, source.file)) return;
  if (app.query.objectUrl) URL.revokeObjectURL(app.query.objectUrl);
  app.query = queryOf(source);
  app.navigate(address(app.query, {}));
}

function isFitting(app, file) {
  const most = app.info?.limits.file_bytes ?? Infinity;
  if (file.size <= most) return true;
  app.report({ code: "payload_too_large", detail: "", hint: "" });
  return false;
}

/** Learns what a stored picture is called, and its facts; why that cannot be had is said by whatever needs the picture. @param {any} app @param {any} query */
export async function nameStored(app, query) {
  const record = await app.api.get(app.path(`/images/${query.id}`)).catch(() => null);
  if (!record) return;
  const { width, height, format, size } = record;
  Object.assign(query, { name: record.path?.split(/[/\\]/).pop() ?? "", width, height, format, size });
}

/** The address of a search, that opens it again wherever its picture can be had. @param {any} query @param {Record<string, string>} options */
export function address(query, options) {
  const params = new URLSearchParams(source(query, "id", "url"));
  for (const name of ["text", "minus"]) if (query[name]) params.set(name, query[name]);
  if (query.region) params.set("region", query.region.join(","));
  for (const [name, usual] of Object.entries(DEFAULTS)) {
    if (options[name] && options[name] !== usual) params.set(name, options[name]);
  }
  return `#/search${params.size ? `?${params}` : ""}`;
}

/** The address of comparing the query with a picture of the collection. @param {any} query @param {number} id */
export function comparison(query, id) {
  const first = source(query, "a", "a");
  const params = new URLSearchParams({ ...first, b: String(id), ...(query.region && { region: query.region.join(",") }) });
  return `#/compare?${params}`;
}

/** Whether an address can bring the query back. @param {any} query */
export function isShareable(query) {
  return query.known !== null || Boolean(query.url) || (!query.file && Boolean(query.text));
}

function source(query, id, url) {
  if (query.known !== null) return { [id]: String(query.known) };
  return query.url ? { [url]: query.url } : {};
}

/** The query an address asks for: that of the app where it is the same, so that a file and what is known of it stay. @param {any} app @param {any} params */
export function restored(app, { id, url, region, text = "", minus = "" }) {
  const { query } = app;
  const number = id === undefined ? null : Number(id);
  const isSame = number !== null ? query.known === number : url ? query.url === url : Boolean(query.file);
  const found = isSame ? query : number !== null ? queryOf({ id: number }) : url ? queryOf({ url }) : text ? queryOf({ text }) : null;
  if (found) Object.assign(found, { region: regionOf(region), text, minus });
  return found;
}

function regionOf(text) {
  const numbers = (text ?? "").split(",").map(Number);
  return numbers.length === 4 && numbers.every(Number.isFinite) ? numbers : null;
}

/** Options of a search, of the parameters of its address. @param {any} params */
export function optionsOf(params) {
  return Object.fromEntries(Object.entries(DEFAULTS).map(([name, usual]) => [name, params[name] ?? usual]));
}

/** How many options differ from the usual. @param {Record<string, string>} options */
export function chosen(options) {
  return Object.entries(DEFAULTS).filter(([name, usual]) => options[name] !== usual).length;
}

/** Words prove nothing, and have no parts. */
export const isMixed = (query) => Boolean(query.text || query.minus);

/** Whether a query has a picture, beside words or alone. @param {any} query */
export function hasPicture(query) {
  return Boolean(query.file) || Boolean(query.url) || query.id !== null || query.known !== null;
}

/** Whether a score may say something: of a mixture it never does. */
export const isScored = (query) => !isMixed(query) || (!hasPicture(query) && !query.minus);

function body(query, options, offset) {
  const mode = isMixed(query) ? "auto" : options.mode;
  const region = isMixed(query) ? null : query.region;
  const min_score = isScored(query) ? Number(options.min) : 0;
  const members = { limit: PAGE, offset, mode, min_score, explain: true, echo: offset === 0 };
  if (options.filter) members.filter = options.filter;
  if (query.text) members.text = query.text;
  const minus = query.minus ? [{ text: query.minus }] : [];
  const named = query.id !== null ? { id: query.id } : query.url ? { url: query.url } : {};
  if (!query.file) return { ...named, ...members, ...(region && { region }), ...(minus.length && { minus }) };
  const form = new FormData();
  for (const [name, value] of Object.entries(members)) form.append(name, String(value));
  if (region) form.append("region", region.join(","));
  if (minus.length) form.append("minus", JSON.stringify(minus));
  form.append("image", query.file, query.file.name || "picture");
  return form;
}

/**
 * Searches; `onStage` is told what each stage found. Answers are kept with the query, so that going back is at once.
 * @param {any} app @param {any} query @param {Record<string, string>} options
 * @param {{signal: AbortSignal, onStage: (stage: {stage: string, results: any[]}) => void}} hooks
 */
export async function ask(app, query, options, { signal, onStage }) {
  const key = JSON.stringify([query.region, query.text, query.minus, options]);
  if (query.answers.has(key)) return query.answers.get(key);
  let answer = null;
  const onEvent = (name, data) => {
    if (name === "stage") onStage(data);
    else if (name === "answer") answer = data;
  };
  await app.api.stream(app.path("/search"), { method: "POST", body: body(query, options, 0), signal, onEvent });
  if (!answer) throw Object.assign(new Error("the answer broke off"), { code: "network", detail: "", hint: "" });
  query.answers.set(key, answer);
  learn(query, answer.query);
  return answer;
}

/** The next pictures of an answer, added to it. @param {any} app @param {any} query @param {Record<string, string>} options @param {any} answer */
export async function more(app, query, options, answer) {
  const next = await app.api.send("POST", app.path("/search"), body(query, options, answer.next_offset));
  const seen = new Set(answer.results.map((match) => match.id));
  answer.results.push(...next.results.filter((match) => !seen.has(match.id)));
  answer.next_offset = next.next_offset;
}

function learn(query, told) {
  if (told.sha256 === null) return;
  Object.assign(query, { width: told.width, height: told.height, format: told.format, sha256: told.sha256 });
  query.known ??= told.id;
  if (told.proxy) query.proxy = told.proxy;
}

/**
 * All pictures of the library in one order, as the wall and the single picture's next and previous need them.
 *
 * @typedef {{ids: Float64Array, ratios: Float32Array, sort: string, filter: string, version: number, pictures: number}}
 *   Order  `pictures` is how many the collection held then; NaN where a filter hides it.
 */

export const SORTS = ["newest", "oldest", "largest", "smallest", "heaviest", "lightest"];

/** @type {Order | null} */
let kept = null;

/** The order that was read last, so that going back costs nothing. @returns {Order | null} */
export const keptOrder = () => kept;

/** Where a collection's resources are. @param {{collection: string}} app */
export const home = (app) => `/v1/collections/${encodeURIComponent(app.collection)}`;

/** The address of a library. @param {{sort?: string, filter?: string, at?: number | null}} place */
export function libraryHash({ sort, filter, at }) {
  const query = new URLSearchParams();
  if (sort && sort !== SORTS[0]) query.set("sort", sort);
  if (filter) query.set("filter", filter);
  if (at) query.set("at", String(at));
  const text = query.toString();
  return text ? `#/library?${text}` : "#/library";
}

/**
 * Reads an order from the service, and keeps it.
 *
 * @returns {Promise<Order>}
 * @throws {import("./api.js").Problem}
 */
export async function readOrder(app, { sort, filter, signal }) {
  const query = new URLSearchParams({ sort });
  if (filter) query.set("filter", filter);
  const answer = await app.api.get(`${home(app)}/wall?${query}`, { signal });
  const order = {
    ids: Float64Array.from(answer.ids), ratios: Float32Array.from(answer.ratios), sort, filter,
    version: answer.version, pictures: filter ? Number.NaN : answer.count,
  };
  kept = order;
  return order;
}

/** An order less some pictures; the same object if it holds none of them. @param {Order} order @param {Set<number>} gone */
export function without(order, gone) {
  if (!gone.size) return order;
  const ids = new Float64Array(order.ids.length);
  const ratios = new Float32Array(order.ids.length);
  let count = 0;
  for (let place = 0; place < order.ids.length; place += 1) {
    if (gone.has(order.ids[place])) continue;
    ids[count] = order.ids[place];
    ratios[count] = order.ratios[place];
    count += 1;
  }
  if (count === order.ids.length) return order;
  return { ...order, ids: ids.slice(0, count), ratios: ratios.slice(0, count) };
}

/** Forgets pictures that are gone for good. @param {Set<number>} gone */
export function forget(gone) {
  if (!kept) return;
  const left = without(kept, gone);
  if (left !== kept) kept = { ...left, pictures: kept.pictures - (kept.ids.length - left.ids.length) };
}

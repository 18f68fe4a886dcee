/** @file Groups of duplicates as the service tells of them, and what is chosen and decided in them. */

/** Classes of groups, the surest first. */
export const CLASSES = ["exact", "sure", "copy", "scene"];

const PAGE = 100;

let sent = Promise.resolve();

/** Sends answers one after the other, in their order; one that fails holds up none. @param {() => Promise<any>} send */
function inTurn(send) {
  const answer = sent.then(send);
  sent = answer.catch(() => undefined);
  return answer;
}

/** Once the service has all that was answered so far: what it tells before that is out of date. */
export const answered = () => sent;

/** A page of groups. @param {any} app @param {Record<string, string | number>} query */
export const groupsOf = (app, query = {}) => answered().then(() => app.api.get(app.path(`/duplicates?${new URLSearchParams(query)}`)));

/** Groups of a class, those in which something is left to choose or all, behind a place. @param {any} app @param {{certainty: string, state: string, from: string}} which */
export async function someGroups(app, { certainty, state, from }) {
  const told = await groupsOf(app, { limit: PAGE, state, ...(certainty && { certainty }), ...(from && { cursor: from }) });
  return { groups: told.groups, next: told.next_cursor, count: told.count };
}

/** Chooses what is to become of files. @param {any} app @param {{id: number, path: string, pick: string | null}[]} picks */
export const choose = (app, picks) => inTurn(() => app.api.send("PUT", app.path("/duplicates/picks"), { picks }));

/** What two pictures are to each other; without a verdict nothing any more. @param {any} app @param {number[]} ids @param {string | null} verdict */
export function decide(app, ids, verdict) {
  if (!verdict) return inTurn(() => app.api.send("DELETE", app.path(`/decisions?ids=${ids.join(",")}`)));
  return inTurn(() => app.api.send("PUT", app.path("/decisions"), { decisions: [{ ids, verdict }] }));
}

/** The name of a class. @param {any} app @param {string} certainty */
export function className(app, certainty) {
  // i18n: duplicates.class_exact duplicates.class_sure duplicates.class_copy duplicates.class_scene
  return app.t(`duplicates.class_${certainty}`);
}

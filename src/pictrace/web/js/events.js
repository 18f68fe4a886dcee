/** @file What happens in the collection, as it happens: events `job` and `collection` of the app. */

const LONGEST_WAIT = 30_000;

/** Follows the collection's events for as long as the page is open, coming back after every break. @param {any} app */
export async function follow(app) {
  for (let wait = 1000; ; wait = Math.min(LONGEST_WAIT, wait * 2)) {
    try {
      await app.api.stream(app.path("/events"), { onEvent: (name, data) => { wait = 500; app.emit(name, data); } });
    } catch (error) {
      if (error.code === "forbidden" || error.code === "unauthenticated") return;
    }
    await new Promise((resolve) => { setTimeout(resolve, wait); });
    if (document.hidden) await new Promise((resolve) => { document.addEventListener("visibilitychange", resolve, { once: true }); });
  }
}

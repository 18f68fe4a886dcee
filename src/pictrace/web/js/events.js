/** @file What happens in the collection, as it happens: events `job`, `collection` and `connection` of the app. */

const LONGEST_WAIT = 30_000;
const REFUSALS = new Set(["unauthenticated", "forbidden"]);

/** Follows the collection's events for as long as the page is open, coming back after every break. @param {any} app */
export async function follow(app) {
  for (let wait = 1000; ; wait = Math.min(LONGEST_WAIT, wait * 2)) {
    let isOpen = false;
    const onEvent = (name, data) => {
      wait = 500;
      // Also the first time: what happened between the page's first question and now was told to nobody.
      if (!isOpen) app.emit("connection", "open");
      isOpen = true;
      app.emit(name, data);
    };
    try {
      await app.api.stream(app.path("/events"), { onEvent, isQuiet: true });
    } catch (error) {
      if (REFUSALS.has(error.code)) {
        await next(app, "info");
        continue;
      }
      app.emit("connection", "lost");
    }
    await new Promise((resolve) => { setTimeout(resolve, wait); });
    if (document.hidden) await new Promise((resolve) => { document.addEventListener("visibilitychange", resolve, { once: true }); });
  }
}

/** When something happens next: who may not listen now may once a key was given. */
function next(app, event) {
  return new Promise((resolve) => { const off = app.on(event, () => { off(); resolve(); }); });
}

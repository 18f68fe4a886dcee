/** @file From the address to a view: `#/name?…`, so that what is shown can be shared and gone back to. */

import { fill, h, icon } from "./dom.js";

const VIEWS = {
  search: { load: () => import("./search.js") },
  compare: { load: () => import("./compare.js"), style: "compare" },
  library: { load: () => import("./library.js"), style: "library" },
  picture: { load: () => import("./picture.js"), style: "library" },
  add: { load: () => import("./add.js"), style: "library" },
  jobs: { load: () => import("./jobs.js"), style: "library" },
  duplicates: { load: () => import("./duplicates.js"), style: "duplicates" },
  review: { load: () => import("./review.js"), style: "duplicates" },
};

const UNREADABLE = "?";

/** What an address asks for: the view's name, which nothing has that cannot be read, and its parameters. @param {string} hash */
export function parsed(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [name, id] = path.split("/").map(decoded);
  if (name === null || id === null) return { name: UNREADABLE, params: {}, isHome: false };
  const params = Object.fromEntries(new URLSearchParams(query));
  if (id) params.id = id;
  return { name: name || "search", params, isHome: !name };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/** Shows views as the address changes. @param {any} app @param {HTMLElement} root */
export function createRouter(app, root) {
  const depths = new Map();
  let unmount = null;
  let turn = 0;
  let at = location.hash;
  let isChosen = false;

  async function show({ focus = false, depth = 0 } = {}) {
    const mine = ++turn;
    if (at !== location.hash) {
      depths.set(at, scrollY);
      router.previous = at;
      at = location.hash;
    }
    const { name, params, isHome } = parsed(location.hash);
    const view = Object.hasOwn(VIEWS, name) && VIEWS[name];
    app.place = { name: view ? name : "", isHome };
    if (!view) return missing(mine);
    try {
      const [module] = await Promise.all([view.load(), view.style && styled(view.style)]);
      if (mine !== turn) return;
      clear();
      unmount = module.mount(root, app, params) ?? null;
    } catch (error) {
      if (mine === turn) broken(error);
    }
    app.emit("view", app.place);
    if (focus && mine === turn) settle(root);
    // A view whose content is at hand has it by the next frame.
    if (focus) requestAnimationFrame(() => scrollTo(0, depth));
  }

  function clear() {
    unmount?.();
    unmount = null;
    root.replaceChildren();
    document.title = "PicTrace";
  }

  function missing(mine) {
    if (mine !== turn) return;
    clear();
    fill(root, instead("nothing", app.t("shell.missing"), h("a", { class: "button", href: "#/" }, app.t("shell.to_search"))));
    app.emit("view", app.place);
  }

  function broken(error) {
    clear();
    console.error(error);
    const again = h("button", { type: "button", class: "button", onclick: () => location.reload() }, app.t("shell.reload"));
    fill(root, instead("warning", app.t("shell.broken"), again));
  }

  /** Goes to an address, as a step that can be taken back unless `replace`; `stay` leaves focus and place alone. */
  function navigate(hash, { replace = false, stay = false } = {}) {
    const same = location.hash === hash;
    history[replace || same ? "replaceState" : "pushState"](null, "", hash);
    return show({ focus: !same && !stay });
  }

  /** Back, where that is where we came from; otherwise forward to the same address. */
  function back(hash) {
    if (router.previous === hash) history.back();
    else navigate(hash);
  }

  // A link opens a view at its top; going back finds it as it was left.
  addEventListener("click", (event) => { isChosen = Boolean(event.target.closest?.('a[href^="#/"]')); }, true);
  addEventListener("hashchange", () => {
    // Who goes back from a question has answered it: it would stand above another view.
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    show({ focus: true, depth: isChosen ? 0 : depths.get(location.hash) ?? 0 });
    isChosen = false;
  });
  app.on("language", () => show());
  /** Another address for what is shown. */
  function rename(hash) {
    history.replaceState(null, "", hash);
    at = hash;
  }

  const router = { navigate, show, back, rename, previous: "" };
  return router;
}

/** Something to be said in place of results. @param {string} symbol @param {string} text @param {...any} more */
export function notice(symbol, text, ...more) {
  return h("div", { class: "notice" }, icon(symbol), h("p", { class: "told-first" }, text), h("div", { class: "row" }, more));
}

/** Something to be said in place of a whole view. @param {string} symbol @param {string} text @param {...any} more */
export function instead(symbol, text, ...more) {
  return h("div", { class: "notice" }, icon(symbol), h("h1", { class: "told-first" }, text), h("div", { class: "row" }, more));
}

function settle(root) {
  const heading = root.querySelector("h1") ?? root;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

const styles = new Map();

/** A style sheet that only some views need. @param {string} name */
export function styled(name) {
  if (!styles.has(name)) {
    styles.set(name, new Promise((resolve) => {
      const href = new URL(`../css/${name}.css`, import.meta.url).href;
      document.head.append(h("link", { rel: "stylesheet", href, onload: resolve, onerror: resolve }));
    }));
  }
  return styles.get(name);
}

/** @file The first view: one place to drop a picture, and some of the collection's to begin with. */

import { fill, h, icon } from "./dom.js";
import { fileButton } from "./intake.js";
import { phraseForm, readsWords, refresh } from "./phrase.js";
import { may } from "./words.js";

const SAMPLES = 12;

/** Draws the first view; `lost` says that a dropped picture cannot be brought back by its address. @param {HTMLElement} root @param {any} app @param {{lost: boolean}} state */
export function mountHome(root, app, { lost }) {
  const stop = new AbortController();
  const samples = h("section", { class: "samples", hidden: true });
  const address = h("div", null, phraseForm(app, Boolean(app.readsWords)));
  fill(root, h("div", { class: "home" },
    h("h1", null, app.t("search.title")),
    h("p", { class: "lead" }, app.t("search.lead")),
    lost && h("p", { class: "hint warning" }, icon("warning"), h("span", null, app.t("search.lost"))),
    area(app), address, samples));
  let shown = SAMPLES;
  const show = () => showSamples(app, samples, stop.signal).then((count) => { shown = count; }, app.report);
  show();
  const draw = (reads) => refresh(address, () => fill(address, phraseForm(app, reads)));
  const ask = () => readsWords(app).then(draw, () => {});
  ask();
  const off = [
    app.on("info", () => { draw(Boolean(app.readsWords)); ask(); if (!shown) show(); }),
    app.on("words", draw),
    // The first ones come in while the page is open.
    app.on("collection", ({ pictures }) => { if (shown < SAMPLES && pictures !== shown) show(); }),
  ];
  return () => { stop.abort(); off.forEach((end) => end()); };
}

function area(app) {
  const choose = fileButton(app, { label: app.t("search.choose"), symbol: "upload", style: "primary" });
  const open = (event) => { if (!event.target.closest("button, input")) choose.querySelector("input").click(); };
  return h("div", { class: "drop", onclick: open },
    h("div", { class: "mat" },
      icon("copy"),
      h("p", { class: "drop-title" }, h("span", { class: "for-mouse" }, app.t("search.drop")), h("span", { class: "for-touch" }, app.t("search.give"))),
      h("div", { class: "row middle" }, choose, fileButton(app, { label: app.t("search.photograph"), symbol: "camera", camera: true })),
      h("p", { class: "dim small paste-hint" }, pasteHint(app))));
}

function pasteHint(app) {
  const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);
  return app.t("search.paste", { keys: isApple ? "⌘V" : app.t("search.paste_keys") });
}

async function showSamples(app, root, signal) {
  const { images, count } = await app.api.get(app.path(`/images?limit=${SAMPLES}`), { signal });
  if (!images.length) {
    fill(root, h("p", { class: "hint" }, icon("nothing"), h("span", null, app.t("search.empty")), " ", may(app, "index") && h("a", { href: "#/add" }, app.t("search.empty_add"))));
  } else {
    fill(root, h("h2", null, app.t("search.samples", { count })),
      h("ul", { class: "strip" }, images.map((image) => sample(app, image))));
  }
  root.hidden = false;
  return images.length;
}

function sample(app, image) {
  const name = image.path?.split(/[/\\]/).pop() ?? String(image.id);
  return h("li", null, h("a", { href: `#/search?id=${image.id}`, "aria-label": app.t("search.with", { name }), title: name },
    h("img", { src: app.api.url(app.path(`/images/${image.id}/thumbnail?size=256`)), alt: "", loading: "lazy", decoding: "async" })));
}

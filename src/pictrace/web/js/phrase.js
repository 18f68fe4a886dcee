/** @file Words to search with: the field of the first view, and those beside a picture. */

import { fill, h, icon } from "./dom.js";
import { hasPicture, searchWith } from "./query.js";
import { mayFetch } from "./words.js";

const ADDRESS = /^https?:\/\/\S+$/i;

/** Whether the collection can be searched with words, asked once; the event `words` tells when that changes. @param {any} app @returns {Promise<boolean>} */
export async function readsWords(app) {
  if (app.readsWords === undefined) {
    const { words } = await app.api.get(app.path());
    app.readsWords ??= words;
  }
  return app.readsWords;
}

/**
 * The field for words, or the address of a picture; nothing where neither is of use. Who types words where nothing
 * reads them is told what would.
 * @param {any} app @param {boolean} reads whether words are read
 */
export function phraseForm(app, reads) {
  const { t } = app;
  const fetches = mayFetch(app);
  if (!reads && !fetches) return null;
  const label = t(!reads ? "search.address" : fetches ? "search.words_or_address" : "search.words");
  const hint = h("p", { class: "dim small", id: "address-hint", role: "status" });
  const input = h("input", { type: "text", id: "address", placeholder: reads ? t("search.words_example") : "https://…", required: true, maxlength: 2000, dir: "auto", autocomplete: "off", spellcheck: "false", "aria-describedby": "address-hint" });
  const submit = (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (fetches && (ADDRESS.test(text) || /^https?:/i.test(text))) searchWith(app, { url: text });
    // What was typed stayed where words came to be read, or no longer, in between.
    else if (app.readsWords && text) searchWith(app, { text });
    else fill(hint, text && t("search.no_words"));
  };
  return h("form", { class: "address", onsubmit: submit },
    h("label", { for: "address" }, label),
    h("div", { class: "joined" }, input, h("button", { type: "submit", class: "button" }, t("search.go"))), hint);
}

/**
 * What a query is mixed with: words that are added, and words of what is not wanted; empty where nothing reads them.
 * `leave` ends its being drawn anew where that changes.
 * @param {any} app @param {any} query @param {(text: string, minus: string) => void} change
 */
export function mixture(app, query, change) {
  const place = h("div", { class: "mixture" });
  const { t } = app;
  const draw = (reads) => {
    if (!reads && !query.text) return;
    const field = (id, label, value) => {
      const input = h("input", { type: "text", id, value, maxlength: 1000, dir: "auto", autocomplete: "off", required: id === "with" && !hasPicture(query) });
      return { input, row: h("div", { class: "field" }, h("label", { for: id }, label), input) };
    };
    const added = field("with", t(hasPicture(query) ? "search.with_words" : "search.words"), query.text);
    const taken = field("without", t("search.without_words"), query.minus);
    const submit = (event) => {
      event.preventDefault();
      change(added.input.value.trim(), taken.input.value.trim());
    };
    fill(place, h("form", { onsubmit: submit, "aria-label": t("search.words") }, added.row, taken.row,
      h("button", { type: "submit", class: "button" }, icon("search"), h("span", null, t("search.go")))));
  };
  if (query.text) draw(true);
  else readsWords(app).then(draw, () => {});
  const leave = app.on("words", (reads) => refresh(place, () => { fill(place); draw(reads); }));
  return { element: place, leave };
}

/** Draws fields anew, unless somebody has typed something; who was in one of them is so afterwards. @param {HTMLElement} place @param {() => void} draw */
export function refresh(place, draw) {
  if ([...place.querySelectorAll("input")].some((input) => input.value)) return;
  const held = place.contains(document.activeElement) ? document.activeElement.id : "";
  draw();
  if (held) place.querySelector(`#${held}`)?.focus();
}

/** @file What stands beside the results: the picture that is searched with, its facts, and the options. */

import { fill, h, icon } from "./dom.js";
import { fileButton } from "./intake.js";
import { corners, edge, over, shade } from "./overlay.js";
import { mixture } from "./phrase.js";
import { chosen, hasPicture, isMixed, isScored, isShareable, nameStored } from "./query.js";

const MODES = [
  { value: "auto", label: "search.mode_auto" },
  { value: "exact", label: "search.mode_exact" },
  { value: "copy", label: "search.mode_copy" },
  { value: "similar", label: "search.mode_similar" },
];

/**
 * The panel of a query; `change(options, region, words)` is called when something else is to be searched.
 * @param {any} app @param {any} query @param {Record<string, string>} options @param {{change: Function}} hooks
 */
export function panel(app, query, options, { change }) {
  const frame = h("div", { class: "frame", onclick: () => selectRegion() });
  const facts = h("p", { class: "dim small" });
  const select = h("button", { type: "button", class: "button", disabled: true, onclick: () => selectRegion() }, icon("region"), h("span", null, app.t("search.region")));
  const whole = query.region && h("button", { type: "button", class: "button", onclick: () => change(options, null) }, icon("whole"), h("span", null, app.t("search.whole")));
  const share = h("span", { class: "share" });
  const title = h("p", { class: "query-name" });

  async function selectRegion() {
    if (select.disabled) return;
    const { selectRegion: open } = await import("./region.js");
    const region = await open(app, { source: shown(app, query), width: query.width, height: query.height, region: query.region });
    if (region !== undefined) change(options, region);
  }

  function settle(isOrdered = false) {
    if (isOrdered && options.min === "0") element.querySelector("#least-field")?.remove();
    frame.hidden = !hasPicture(query);
    if (!frame.hidden) drawPicture(app, query, frame, settle);
    fill(title, frame.hidden ? app.t("search.quoted", { text: query.text }) : query.name || (query.id !== null ? app.t("search.unnamed", { id: String(query.id) }) : app.t("search.pasted")));
    fill(facts, described(app, query));
    fill(share, shareButton(app, query));
    select.disabled = !query.width || Boolean(query.text || query.minus);
    select.hidden = frame.hidden;
  }

  if (query.id !== null && !query.name) {
    nameStored(app, query).then(() => {
      document.title = `${query.name || app.t("shell.search")} · PicTrace`;
      settle();
    });
  }
  const mixed = mixture(app, query, (text, minus) => change(options, query.region, { text, minus }));
  const element = h("aside", { class: "panel", "aria-label": app.t("search.query") },
    h("figure", null, frame, h("figcaption", null, title, facts)),
    mixed.element,
    h("div", { class: "row" }, select, whole, fileButton(app, { label: app.t("search.another"), symbol: "upload" }), share),
    optionsForm(app, query, options, change));
  settle();
  return { element, settle, selectRegion, leave: mixed.leave };
}

/** Where the picture can be seen: here, in the answer, or in the collection. */
function shown(app, query) {
  if (query.proxy) return query.proxy;
  if (query.objectUrl && !query.isHidden) return query.objectUrl;
  return query.id !== null ? app.api.url(app.path(`/images/${query.id}/proxy`)) : "";
}

function drawPicture(app, query, frame, settle) {
  const source = shown(app, query);
  const old = frame.querySelector("img");
  const marked = query.region && query.width && over(query.width, query.height, shade(corners(query.region), query.width, query.height), edge(corners(query.region)));
  if (!source) return fill(frame, empty());
  if (old?.dataset.source === source) return fill(frame, old, marked);
  const image = h("img", { src: source, alt: app.t("search.query"), dataset: { source } });
  image.onload = () => {
    // Upright size of a file that the browser can show; a stored picture's proxy is smaller than it.
    if (query.width || source !== query.objectUrl) return;
    Object.assign(query, { width: image.naturalWidth, height: image.naturalHeight });
    settle();
  };
  image.onerror = () => {
    // A format that browsers do not draw comes back with the answer; a stored picture may be gone.
    if (source === query.objectUrl) { query.isHidden = true; settle(); } else fill(frame, empty());
  };
  return fill(frame, image, marked);
}

function empty() {
  return h("div", { class: "frame-empty" }, icon("nothing"));
}

function described(app, query) {
  const size = query.file?.size ?? query.size;
  const told = [query.width && app.t("search.pixels", { width: query.width, height: query.height }), query.format, size && app.bytes(size)];
  return told.filter(Boolean).join(" · ");
}

function shareButton(app, query) {
  if (!isShareable(query)) return query.format ? h("p", { class: "dim small" }, app.t("search.not_shareable")) : null;
  const share = async () => {
    if (navigator.share && matchMedia("(pointer: coarse)").matches) return navigator.share({ url: location.href }).catch(() => {});
    await navigator.clipboard.writeText(location.href);
    app.toast({ text: app.t("search.copied"), seconds: 3 });
  };
  return h("button", { type: "button", class: "button", onclick: () => share().catch(app.report) }, icon("share"), h("span", null, app.t("search.share")));
}

/** Words have one mode, and a mixture no score that anything could be the least of. */
function optionsForm(app, query, options, change) {
  const { t } = app;
  const count = chosen(options);
  const set = (name, value) => change({ ...options, [name]: value });
  const mode = !isMixed(query) && h("fieldset", { class: "choices" }, h("legend", null, t("search.mode")),
    MODES.map(({ value, label }) => h("label", { class: "choice" },
      h("input", { type: "radio", name: "mode", value, checked: options.mode === value, onchange: () => set("mode", value) }), h("span", null, t(label)))));
  const output = h("output", { for: "least" }, app.percent(Number(options.min)));
  const least = h("input", { type: "range", id: "least", min: 0, max: 1, step: 0.05, value: options.min, oninput: (event) => { output.value = app.percent(Number(event.target.value)); }, onchange: (event) => set("min", event.target.value) });
  const filter = h("input", { type: "text", id: "filter", value: options.filter, autocomplete: "off", spellcheck: "false", placeholder: "year >= 1900 and format = \"PNG\"", "aria-describedby": "filter-how" });
  const submit = (event) => { event.preventDefault(); set("filter", filter.value.trim()); };
  return h("details", { class: "options", open: count > 0 },
    h("summary", null, icon("options"), t("search.options"), count > 0 && h("span", { class: "count" }, app.number(count))),
    h("form", { onsubmit: submit }, mode,
      isScored(query) && h("div", { class: "field", id: "least-field" }, h("label", { for: "least" }, t("search.least")), output, least),
      h("div", { class: "field" }, h("label", { for: "filter" }, t("search.filter")), filter, h("p", { id: "filter-how", class: "dim small" }, t("search.filter_how"))),
      h("div", { class: "row" }, h("button", { type: "submit", class: "button", id: "apply" }, t("search.apply")),
        count > 0 && h("button", { type: "button", class: "button bare", onclick: () => change({ mode: "auto", min: "0", filter: "" }) }, t("search.reset")))));
}

/** Everything that is known of a picture, to read: size, places, metadata. */

import { h } from "./dom.js";
import { fileName } from "./words.js";

/** @param {any} app @param {any} record @returns {HTMLElement} */
export function factsOf(app, record) {
  const { t } = app;
  const { width, height } = record;
  const facts = [
    ["picture.size", t("picture.pixels", { width, height, megapixels: app.number(Math.round(width * height / 1e5) / 10) })],
    ["picture.format", record.format],
    ["picture.bytes", app.bytes(record.size)],
    ["picture.added", record.added ? app.date(record.added) : null],
    ["picture.number", String(record.id)],
  ];
  return h("div", { class: "facts-list" },
    h("dl", { class: "facts-table" },
      facts.filter(([, value]) => value).map(([key, value]) => h("div", null, h("dt", null, t(key)), h("dd", null, value))),
      h("div", null, h("dt", null, "SHA-256"), h("dd", null, digest(app, record.sha256)))),
    places(app, record), metadata(app, record.metadata ?? {}));
}

function digest(app, sha256) {
  const button = h("button", { type: "button", class: "digest", title: app.t("picture.copy"),
    "aria-label": `${sha256}. ${app.t("picture.copy")}`,
    onclick: async () => {
      await navigator.clipboard.writeText(sha256);
      app.toast({ text: app.t("picture.copied") });
    } }, h("code", null, sha256));
  return button;
}

function places(app, record) {
  const { locations } = record;
  if (!locations?.length) return null;
  const title = app.t("picture.places", { count: record.places });
  return h("section", null, h("h2", null, title), h("ul", { class: "places-list" }, locations.map((location) => {
    const name = fileName(location);
    const folder = location.slice(0, location.length - name.length);
    return h("li", null, h("span", { class: "place-folder" }, folder), h("span", null, name));
  })));
}

function metadata(app, values) {
  const entries = Object.entries(values);
  if (!entries.length) return null;
  return h("section", null, h("h2", null, app.t("picture.metadata")),
    h("dl", { class: "facts-table" }, entries.map(([key, value]) => h("div", null, h("dt", null, key),
      h("dd", null, plain(value))))));
}

/** A value of metadata as text; numbers stay as they are written, for a year is no quantity. */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain).join(", ");
  return value !== null && typeof value === "object" ? JSON.stringify(value) : String(value);
}

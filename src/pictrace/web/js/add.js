/** Adding pictures: files, folders, archives and addresses, and how far they are. */

import { h, fill } from "./dom.js";
import { parse } from "./addresses.js";
import { guarded } from "./guarded.js";
import { icon } from "./libraryicons.js";
import { holdsFiles, readDropped, readFolder } from "./dropped.js";
import { UploadList } from "./uploadlist.js";
import { uploadsOf } from "./uploads.js";
import { mayFetch } from "./words.js";

/** @param {HTMLElement} root @param {any} app @returns {() => void} */
export function mount(root, app) {
  return guarded(root, app, { title: "add.title", refusal: "add.forbidden" }, () => draw(root, app));
}

function draw(root, app) {
  const { t } = app;
  const uploads = uploadsOf(app);
  const ending = new AbortController();
  const take = (files, left) => {
    if (left) uploads.skip(left);
    if (files.length) uploads.addFiles(files);
  };
  const list = new UploadList(app, uploads);
  const element = h("section", { class: "add-view" },
    h("header", { class: "plain-head" }, h("h1", null, t("add.title")), h("p", { class: "soft" }, t("add.lead"))),
    h("div", { class: "add-ways" }, zone(app, take, ending.signal),
      mayFetch(app) && addresses(app, uploads)),
    list.element);
  root.append(element);
  window.scrollTo({ top: 0, behavior: "instant" });
  return () => {
    ending.abort();
    list.close();
    element.remove();
  };
}

function zone(app, take, signal) {
  const { t } = app;
  const chosen = (props, read) => h("input", { type: "file", hidden: true, ...props, onchange: (event) => {
    read(event.target.files);
    event.target.value = "";
  } });
  const files = chosen({ multiple: true, accept: "image/*,.heic,.heif,.avif,.tif,.tiff,.webp" }, (list) => take([...list], 0));
  const folder = chosen({ webkitdirectory: true, multiple: true }, (list) => readFolder(list, take));
  const zips = chosen({ multiple: true, accept: ".zip,application/zip" }, (list) => take([...list], 0));
  const button = (input, drawing, label, kind = "") => h("button", { type: "button", class: `button ${kind}`,
    onclick: () => input.click() }, icon(drawing), label);
  const element = h("div", { class: "drop-zone" }, icon("picture"),
    h("p", { class: "drop-says" }, t("add.drop")), h("p", { class: "drop-says touch" }, t("add.choose")),
    h("p", { class: "soft" }, t("add.drop_text")),
    h("div", { class: "deeds" }, button(files, "file", t("add.files"), "primary"), button(folder, "folder", t("add.folder")),
      button(zips, "zip", t("add.zips"))), files, folder, zips);
  dropping(element, take, signal);
  return element;
}

/** Whatever is dropped anywhere on the page while it shows this view is taken. */
function dropping(element, take, signal) {
  const over = (isOver) => element.classList.toggle("is-over", isOver);
  let leaving = 0;
  window.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    clearTimeout(leaving);
    over(true);
  }, { signal });
  window.addEventListener("dragleave", () => {
    leaving = setTimeout(() => over(false), 80);
  }, { signal });
  window.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    over(false);
    readDropped(event.dataTransfer, take);
  }, { signal });
  window.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) take([...event.clipboardData.files], 0);
  }, { signal });
}

/** Addresses, one a line, of which those that are none are said before anything is sent. */
function addresses(app, uploads) {
  const { t } = app;
  const field = h("textarea", { id: "add-urls", rows: 4, spellcheck: "false", autocomplete: "off", autocapitalize: "off",
    placeholder: "https://example.org/picture.jpg", "aria-describedby": "add-urls-note" });
  const note = h("p", { class: "soft", id: "add-urls-note", role: "status" }, t("add.urls_text"));
  const button = h("button", { type: "submit", class: "button", disabled: true }, icon("link"), t("add.urls_add"));
  field.addEventListener("input", () => {
    const { good, bad } = parse(field.value);
    button.disabled = good.length === 0;
    fill(note, bad.length ? t("add.urls_bad", { count: bad.length, first: bad[0].slice(0, 80) })
      : good.length ? t("add.urls_count", { count: good.length }) : t("add.urls_text"));
    note.classList.toggle("is-bad", bad.length > 0);
  });
  return h("form", { class: "add-urls", onsubmit: (event) => {
    event.preventDefault();
    const { good, bad } = parse(field.value);
    if (!good.length) return;
    uploads.addUrls(good);
    field.value = bad.join("\n");
    field.dispatchEvent(new Event("input"));
  } }, h("label", { for: "add-urls" }, icon("link"), t("add.urls")), field, note, button);
}

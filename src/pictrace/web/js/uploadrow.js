/** One upload: its picture, how far it is, and what came of it. */

import { h, fill } from "./dom.js";
import { advance, progress } from "./jobcard.js";
import { icon } from "./libraryicons.js";
import { advice, fileName, sentence } from "./words.js";

const DRAWINGS = { image: "picture", zip: "zip", urls: "link" };
// A browser decodes a picture whole even to show it small.
const SHOWN_BYTES = 15_000_000;

export class UploadRow {
  #url = null;
  #state = null;

  /** @param {any} app @param {import("./uploads.js").Uploads} uploads @param {import("./uploads.js").Item} item */
  constructor(app, uploads, item) {
    Object.assign(this, { app, uploads, item });
    this.element = h("li", { class: "upload" });
  }

  close() {
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = null;
  }

  update() {
    const { item } = this;
    if (this.#state !== item.state) {
      this.#state = item.state;
      this.element.dataset.state = item.state;
      fill(this.element, item.state === "added" || item.state === "known" ? this.#done() : this.#open());
    }
    if (item.state === "sending") advance(this.bar, item.kind === "urls" || item.share >= 1 ? null : item.share);
  }

  /** What is in is a small picture that leads to the large one. */
  #done() {
    const { app, item } = this;
    this.close();
    // i18n: add.state_added add.state_known
    const label = app.t(`add.state_${item.state}`);
    const name = fileName(item.name);
    const { links, id } = item.record;
    return [h("a", { href: `#/picture/${id}`, title: `${name}: ${label}`, "aria-label": `${name}: ${label}` },
      h("img", { src: app.api.url(`${links.thumbnail}?size=128`), alt: "", decoding: "async" }),
      h("span", { class: `upload-mark ${item.state}`, "aria-hidden": "true" }, icon(item.state === "added" ? "add" : "check")))];
  }

  #open() {
    const { app, item, uploads } = this;
    const { t } = app;
    // What was given as an archive and is none, is not to be saved as JPEG.
    const isNoArchive = item.kind === "zip" && item.problem?.code === "unsupported_format";
    const problem = isNoArchive ? { ...item.problem, code: "no_archive" } : item.problem;
    this.bar = progress(item.name);
    const button = (drawing, label, run) => h("button", { type: "button", class: "icon-button", title: label,
      "aria-label": `${label}: ${item.name}`, onclick: run }, icon(drawing));
    return [this.#thumbnail(),
      h("div", { class: "upload-words" }, h("b", { title: item.name }, item.name),
        item.state === "failed" ? h("span", { class: "upload-error" }, sentence(app, problem)) : this.bar,
        item.state === "failed" && advice(app, problem) ? h("span", { class: "soft" }, advice(app, problem)) : null),
      item.file ? h("span", { class: "soft upload-size" }, app.bytes(item.size)) : null,
      item.state === "failed" ? button("refresh", t("library.retry"), () => uploads.retry([item]))
        : button("close", t("jobs.cancel"), () => uploads.cancel(item))];
  }

  #thumbnail() {
    const { item } = this;
    const frame = h("span", { class: "upload-picture" }, icon(DRAWINGS[item.kind]));
    if (item.kind !== "image" || !item.file || item.size > SHOWN_BYTES) return frame;
    this.#url ??= URL.createObjectURL(item.file);
    const image = h("img", { alt: "", decoding: "async", src: this.#url });
    image.addEventListener("error", () => image.remove());
    frame.append(image);
    return frame;
  }
}

/** @file How pictures come in: dropped anywhere, pasted, chosen, photographed, or by address. */

import { h, icon } from "./dom.js";
import { searchWith } from "./query.js";
import { mayFetch } from "./words.js";

const ADDRESS = /^https?:\/\/\S+$/i;

/** Takes what is dropped on the page or pasted into it, until called off. @param {any} app @returns {() => void} */
export function takeIn(app) {
  const veil = h("div", { class: "veil-drop", hidden: true }, h("p", null, icon("upload"), app.t("search.drop_now")));
  document.body.append(veil);
  const listeners = {
    dragover: (event) => { if (carries(event)) { event.preventDefault(); veil.hidden = false; } },
    dragleave: (event) => { if (!event.relatedTarget) veil.hidden = true; },
    drop: (event) => { veil.hidden = true; if (carries(event)) { event.preventDefault(); taken(app, event.dataTransfer); } },
    paste: (event) => { if (!event.target.closest("input, textarea, dialog")) taken(app, event.clipboardData); },
  };
  for (const [name, listener] of Object.entries(listeners)) addEventListener(name, listener);
  return () => {
    veil.remove();
    for (const [name, listener] of Object.entries(listeners)) removeEventListener(name, listener);
  };
}

function carries(event) {
  return [...(event.dataTransfer?.types ?? [])].some((type) => type === "Files" || type === "text/uri-list");
}

function taken(app, data) {
  const files = [...(data?.files ?? [])];
  const picture = files.find((file) => file.type.startsWith("image/")) ?? files[0];
  const text = (data?.getData("text/uri-list") || data?.getData("text/plain") || "").trim().split("\n")[0];
  if (text.startsWith(app.api.url(""))) return ofOurs(app, text);
  if (picture) searchWith(app, { file: picture });
  else if (ADDRESS.test(text) && mayFetch(app)) searchWith(app, { url: text });
  else if (text) app.toast({ text: app.t(mayFetch(app) ? "search.no_picture" : app.info?.fetch ? "search.no_fetch_right" : "search.no_fetch") });
}

/** One of our own pictures, or a link to one, that was dragged within the page. */
function ofOurs(app, address) {
  const [, id] = /\/images\/(\d+)\/|[?&](?:b|id)=(\d+)/.exec(address)?.filter((part) => part !== undefined) ?? [];
  if (id) searchWith(app, { id: Number(id) });
}

/** A button that chooses a file. @param {any} app @param {{label: string, symbol: string, style?: string, camera?: boolean}} props */
export function fileButton(app, { label, symbol, style = "", camera = false }) {
  const input = h("input", { type: "file", accept: "image/*,.heic,.heif,.avif,.tif,.tiff", capture: camera && "environment", hidden: true,
    onchange: () => { if (input.files[0]) searchWith(app, { file: input.files[0] }); input.value = ""; } });
  return h("span", { class: camera ? "picker camera" : "picker" },
    h("button", { type: "button", class: `button ${style}`, onclick: () => input.click() }, icon(symbol), h("span", null, label)), input);
}

/** @file What was done to a picture, and which threshold decided, in the reader's language. */

import { h, s } from "./dom.js";
import { relationName } from "./wording.js";

/** Cr and Cb of the six full colours (ITU-R BT.601). */
const HUES = {
  red: [0.5, -0.169], yellow: [0.081, -0.5], green: [-0.419, -0.331],
  cyan: [-0.5, 0.169], blue: [-0.081, 0.5], magenta: [0.419, 0.331],
};
const HOW = {
  "more contrast": "more_contrast", "less contrast": "less_contrast", "more colourful": "more_colourful",
  paler: "paler", brighter: "brighter", darker: "darker", negative: "negative", tinted: "tinted",
};
const SIDED = { cropped: "cropped", bordered: "bordered", pasted: "pasted", blurred: "blurred", sharpened: "sharpened", "part-of": "part" };

/** One change as a sentence. @param {any} app @param {any} change */
export function said(app, { kind, side, how, numbers }) {
  const share = numbers.share === undefined ? "" : app.percent(numbers.share);
  // i18n: change.cropped_* change.bordered_* change.pasted_* change.blurred_* change.sharpened_* change.part_*
  if (kind in SIDED) return app.t(`change.${SIDED[kind]}_${side}`, { share });
  // i18n: change.overlaid_*
  if (kind === "overlaid" && side) return app.t(`change.overlaid_${side}`, { share });
  if (kind === "recompressed") return recompressed(app, side, numbers);
  if (kind === "recoloured") return recoloured(app, side, how, numbers);
  if (kind === "turned") return app.t(numbers.degrees > 0 ? "change.turned_right" : "change.turned_left", { degrees: Math.round(Math.abs(numbers.degrees)) });
  if (kind === "mirrored") return app.t(how === "top to bottom" ? "change.mirrored_over" : "change.mirrored_sides");
  // i18n: change.resized change.stretched change.perspective change.overlaid
  return app.t(`change.${kind}`, { share, times: rounded(numbers.factor ?? numbers.ratio ?? 1) });
}

function recompressed(app, side, numbers) {
  // i18n: change.recompressed_*
  const told = [app.t(`change.recompressed_${side}`)];
  if ("before" in numbers) told.push(app.t("change.quality_before", { quality: numbers.quality, before: numbers.before }));
  else if ("quality" in numbers) told.push(app.t("change.quality", { quality: numbers.quality }));
  if ("bytes" in numbers) told.push(app.t("change.bytes", { share: app.percent(numbers.bytes) }));
  return told.join(" ");
}

function recoloured(app, side, how, numbers) {
  // i18n: change.grey_* change.more_contrast change.less_contrast change.more_colourful change.paler change.brighter
  // i18n: change.darker change.negative change.tinted
  if (how === "grey") return app.t(`change.grey_${side}`);
  return app.t(`change.${HOW[how]}`, {
    hue: how === "tinted" ? hue(app, numbers) : "",
    levels: Math.round(Math.abs(numbers.levels ?? 0)),
    times: rounded(numbers.factor ?? 1),
  });
}

function hue(app, { red, blue }) {
  const along = ([cr, cb]) => (cr * red + cb * blue) / Math.hypot(cr, cb);
  const [name] = Object.entries(HUES).reduce((best, one) => (along(one[1]) > along(best[1]) ? one : best));
  // i18n: change.hue_*
  return app.t(`change.hue_${name}`);
}

const rounded = (times) => Number(times.toFixed(2));

/** All of them as a list, or nothing. @param {any} app @param {any[]} changes */
export function changed(app, changes) {
  if (!changes?.length) return null;
  return h("section", { class: "changes" }, h("h2", null, app.t("change.heading")),
    h("ul", null, changes.map((change) => h("li", null, said(app, change)))),
    h("p", { class: "dim small" }, app.t("change.as_if")));
}

/** Which threshold decided, in a sentence or two. @param {any} app @param {any[]} levels */
export function decided(app, levels) {
  const params = (level) => ({ relation: relationName(app, level.relation), probability: app.percent(level.probability), threshold: app.percent(level.threshold) });
  const at = levels.findIndex((level) => level.met);
  if (at < 0) {
    const spoken = levels.filter((level) => level.for).sort((one, other) => other.probability - one.probability);
    return spoken.length ? app.t("level.missed", params(spoken[0])) : app.t("level.none");
  }
  const above = levels[at - 1];
  const missing = above && app.t(above.for ? "level.weaker" : "level.unclaimed", params(above));
  return [app.t("level.met", params(levels[at])), missing].filter(Boolean).join(" ");
}

/** Every relation with its probability beside what is needed, and who speaks loudest. @param {any} app @param {any[]} levels */
export function thresholds(app, levels) {
  if (!levels?.length) return null;
  // i18n: signal.*
  const named = (signal) => (app.speech.has(`signal.${signal}`) ? app.t(`signal.${signal}`) : signal);
  const at = levels.findIndex((level) => level.met);
  const voices = (level) => [level.for && app.t("level.for", { signal: named(level.for) }), level.against && app.t("level.against", { signal: named(level.against) })].filter(Boolean);
  const row = (level, place) => [
    h("dt", { class: place === at && "decided" }, relationName(app, level.relation)),
    h("dd", { class: "drawn" }, gauge(level)),
    h("dd", { class: `number${place === at ? " decided" : ""}` }, level.for ? app.percent(level.probability) : "–", h("span", { class: "out" }, ` (${app.t("level.needed", { threshold: app.percent(level.threshold) })})`)),
    h("dd", { class: "voices dim small" }, voices(level).join(" · ") || app.t("level.nothing"))];
  return h("section", { class: "levels" }, h("h2", null, app.t("level.heading")), h("p", null, decided(app, levels)), h("dl", null, levels.map(row)));
}

/** A probability as a bar, with a tick where it is enough. */
function gauge({ probability, threshold, met, ...level }) {
  const share = level.for ? Math.min(100, Math.max(0, 100 * probability)) : 0;
  return s("svg", { class: `bar${met ? "" : " missed"}`, viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
    s("rect", { width: share, height: 4 }), s("line", { class: "tick", x1: 100 * threshold, x2: 100 * threshold, y1: 0, y2: 4 }));
}

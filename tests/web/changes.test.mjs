import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { decided, said } from "../../src/pictrace/web/js/changes.js";
import { LANGUAGES, Speech } from "../../src/pictrace/web/js/i18n.js";

const page = (language) => {
  const words = JSON.parse(readFileSync(new URL(`../../src/pictrace/web/i18n/${language}.json`, import.meta.url)));
  const speech = new Speech(language, words);
  return { speech, t: (...given) => speech.t(...given), number: (value) => speech.number(value), percent: (share) => speech.percent(share) };
};
const english = page("en");
const change = (kind, { side = null, how = "", ...numbers } = {}) => ({ kind, side, how, numbers });
const EVERY = [
  change("recompressed", { side: "query", quality: 30, before: 90 }), change("recompressed", { side: "match", bytes: 0.4, quality: 50 }),
  change("resized", { factor: 0.5 }), change("stretched", { ratio: 1.15 }), change("cropped", { side: "query", share: 0.64 }),
  change("turned", { degrees: -90 }), change("turned", { degrees: 12 }), change("mirrored", { how: "left to right" }),
  change("mirrored", { how: "top to bottom" }), change("perspective", { slant: 0.2 }), change("blurred", { side: "match", detail: 2 }),
  change("sharpened", { side: "query", detail: 1.5 }), change("overlaid", { share: 0.07 }), change("bordered", { side: "query", share: 0.7 }),
  change("pasted", { side: "match", share: 0.3 }), change("part-of", { side: "query", share: 0.34 }),
  change("recoloured", { how: "grey", side: "query" }), change("recoloured", { how: "tinted", red: 9, blue: -8 }),
  change("recoloured", { how: "negative" }), change("recoloured", { how: "brighter", levels: 31 }), change("recoloured", { how: "darker", levels: -31 }),
  change("overlaid", { side: "match", share: 0.07 }), change("overlaid", { side: "query", share: 0.07 }),
  ...["more contrast", "less contrast", "paler", "more colourful"].map((how) => change("recoloured", { how, factor: 1.4 })),
];

test("what was done is a sentence with its numbers", () => {
  assert.equal(said(english, EVERY[0]), "The first picture was saved with more loss. JPEG quality about 30, not 90.");
  assert.equal(said(english, EVERY[1]), "The second picture was saved with more loss. JPEG quality about 50. The file has 40% of the bytes.");
  assert.equal(said(english, EVERY[4]), "The first picture was cut out of the second, 64% of it.");
  assert.equal(said(english, EVERY[5]), "The first picture is turned 90° counter-clockwise.");
  assert.equal(said(english, change("overlaid", { side: "match", share: 0.07 })), "Something in the second picture covers 7% of what both show.");
  assert.equal(said(english, EVERY[17]), "The first picture has a tint: red.");
  assert.equal(said(page("de"), EVERY[2]), "Das erste Bild ist auf das 0,5-Fache skaliert.");
});

test("every change can be said in every language, and nothing is left open", () => {
  for (const language of Object.keys(LANGUAGES)) {
    for (const one of EVERY) assert.doesNotMatch(said(page(language), one), /^change\.|[{}]|undefined|NaN/, `${language} ${one.kind} ${one.how}`);
  }
});

const level = (relation, probability, met, voice = "structure") => ({ relation, probability, threshold: 0.5, met, for: voice, against: null });

test("the threshold that decided is named, and what was missing for more", () => {
  assert.equal(decided(english, [level("exact", 0, false, null), level("copy", 0.98, true)]), "“Copy” is met: 98% where 50% are needed. For “Same picture” nothing speaks.");
  assert.equal(decided(english, [level("copy", 0.2, false), level("scene", 0.9, true)]), "“Same scene” is met: 90% where 50% are needed. For “Copy” it is 20% of 50%.");
  assert.equal(decided(english, [level("copy", 0.3, false, null), level("similar", 0.2, false)]), "No threshold is met. Nearest is “Looks alike”: 20% of 50%.");
  assert.equal(decided(english, [level("copy", 0.3, false, null)]), "Nothing speaks for any relation.");
});

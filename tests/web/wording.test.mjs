import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Speech } from "../../src/pictrace/web/js/i18n.js";
import { briefly, leftAlone, moved, named, near, warned, where, why } from "../../src/pictrace/web/js/wording.js";

const page = (language) => {
  const words = JSON.parse(readFileSync(new URL(`../../src/pictrace/web/i18n/${language}.json`, import.meta.url)));
  const speech = new Speech(language, words);
  return { speech, t: (...given) => speech.t(...given), number: (value) => speech.number(value), percent: (share) => speech.percent(share) };
};
const english = page("en");

test("a share is never rounded up to certainty", () => {
  assert.deepEqual([1, 0.9999, 0.994, 0.5, 0.0004, 0].map(english.percent), ["100%", "99.9%", "99.4%", "50%", "< 0.1%", "0%"]);
});

test("single bytes are counted, and larger sizes have their units", () => {
  assert.deepEqual([1, 11, 9500].map((size) => english.speech.bytes(size)), ["1 byte", "11 bytes", "9.5 kB"]);
  assert.equal(page("de").speech.bytes(11), "11 Byte");
});

test("plural forms are those of the language", () => {
  const russian = page("ru");

  assert.deepEqual([1, 3, 5].map((count) => russian.t("search.count_copy", { count })), ["1 копия", "3 копии", "5 копий"]);
});

test("numbers of a reason are taken from the measures, in the reader's way of writing them", () => {
  const match = { reasons: ["to the model they look alike (cosine 0.87)"], signals: { cosine: 0.8799 } };

  assert.deepEqual(why(page("de"), match), ["Für das Modell sehen sie ähnlich aus (Kosinus 0,87)."]);
});

test("a card says what the aligned structure is, where there is more to say", () => {
  const reason = "72 of 174 local features agree on one way to lay the pictures over each other; where they overlap, the structure is the same (SSIM 0.98)";
  const match = { reasons: [reason], signals: { inliers: 72, matches: 174, aligned_ssim: 0.981 } };

  assert.equal(briefly(english, match), "Where they overlap, the structure is the same (SSIM 0.98).");
});

test("a reason that is not known is shown as it is", () => {
  assert.deepEqual(why(english, { reasons: ["colours speaks for it (hue 0.4)"], signals: {} }), ["Colours speaks for it (hue 0.4)."]);
});

test("different pixels are no same pixels", () => {
  const match = { reasons: ["neither the bytes nor the pixels are the same"], signals: { same_bytes: 0, same_pixels: 0 } };

  assert.deepEqual(why(english, match), ["Neither the bytes nor the pixels are the same."]);
});

test("a warning is told in the reader's language", () => {
  const warning = "the picture is featureless: nothing but the same bytes or pixels can be recognised";

  assert.equal(warned(page("zh"), warning), "图片没有特征：只能识别字节或像素相同的图片。");
});

test("why a file is left alone is told in the reader's language, and as it is where that is not known", () => {
  assert.equal(leftAlone(page("de"), "the same file as /a/b.jpg, by another name"), "Sie ist dieselbe Datei unter anderem Namen.");
  assert.equal(leftAlone(english, "it sleeps"), "It sleeps.");
});

test("where says which picture is inside which", () => {
  const told = [{ query: 1, match: 0.54 }, { query: 0.3, match: 0.99 }, { query: 1, match: 1 }, { query: 0.5, match: 0.4 }].map((overlap) => where(english, overlap));

  assert.match(told[0], /all of your picture, on 54%/);
  assert.match(told[1], /part of your picture, 30%/);
  assert.match(told[2], /nothing more/);
  assert.match(told[3], /50%.*40%/);
});

test("a comparison speaks of the first and the second, for both may be of the library", () => {
  assert.equal(where(english, { query: 1, match: 0.54 }, "compare"), "All of the first is inside the second, on 54% of its area.");
});

test("measures are cut to four digits and never rounded up", () => {
  assert.deepEqual([1, 0.99996, 0.29, 0.9372, 248, 0].map((value) => english.speech.measure(value)), ["1", "0.9999", "0.29", "0.9372", "248", "0"]);
});

test("a mirror image upside down is mirrored top to bottom", () => {
  const transform = [[1, 0, 0], [0, -1, 200], [0, 0, 1]];
  const match = { transform, quad: [[0, 200], [100, 200], [100, 0], [0, 0]], width: 100, height: 200, mirrored: true };

  assert.equal(moved(english, match), "mirrored top to bottom");
});

test("upside down is clockwise, as what was done says", () => {
  const match = { transform: [[-1, 0, 100], [0, -1, 200], [0, 0, 1]], quad: [[100, 200], [0, 200], [0, 0], [100, 0]], width: 100, height: 200, mirrored: false };

  assert.equal(moved(english, match), "turned 180° clockwise");
});

test("a pose is told in the direction of what was done, not in that of the transform", () => {
  const transform = [[0, -0.5, 100], [0.5, 0, 0], [0, 0, 1]];
  const match = { transform, quad: [[100, 0], [100, 200], [0, 200], [0, 0]], width: 100, height: 200, mirrored: false };

  assert.equal(moved(english, match), "turned 90° counter-clockwise and scaled 2 times");
});

test("paths are told apart from their names, and long ones from the left", () => {
  assert.deepEqual(named(english, "/a/b.zip!c.jpg", 1), { folder: "/a/b.zip!", file: "c.jpg" });
  assert.equal(named(english, null, 7).file, "Picture 7");
  assert.equal(near("/home/somebody/pictures/holidays of 2019/selected/"), "…/holidays of 2019/selected/");
});

test("pictures in one frame are told that only the frame agrees", () => {
  const reason = "72 of 174 local features agree on one way to lay the pictures over each other, but what agrees is only something that both have on or around them, such as a caption or a frame";
  const match = { reasons: [reason], signals: { inliers: 72, matches: 174, aligned_ssim: 0.2 } };

  assert.equal(briefly(english, match), "What agrees is only something that both have on or around them, such as a caption or a frame.");
});

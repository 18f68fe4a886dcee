import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const LANGUAGES = ["de", "en", "ja", "ko", "ru", "zh"];
const SCRIPTS = new URL("../../src/pictrace/web/js/", import.meta.url);

const words = (language) => JSON.parse(readFileSync(new URL(`../i18n/${language}.json`, SCRIPTS)));

/** The places that a text, or one of its plural forms, has for values. */
const places = (entry) => [...new Set(Object.values(typeof entry === "string" ? [entry] : entry)
  .flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();

for (const language of LANGUAGES) {
  test(`${language} has every text that English has, with the same values in it`, () => {
    const english = words("en");
    const there = words(language);

    assert.deepEqual(Object.keys(there).sort(), Object.keys(english).sort());
    for (const key of Object.keys(english)) assert.deepEqual(places(there[key]), places(english[key]), key);
  });

  test(`${language} has every plural form that its grammar asks for`, () => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;

    for (const [key, entry] of Object.entries(words(language))) {
      if (typeof entry !== "string") assert.deepEqual(forms.filter((form) => !(form in entry)), [], key);
    }
  });
}

test("every text that a script names is there", () => {
  const english = words("en");
  const spaces = new Set(Object.keys(english).map((key) => key.split(".")[0]));
  const named = readdirSync(SCRIPTS).filter((name) => name.endsWith(".js"))
    .flatMap((name) => [...readFileSync(new URL(name, SCRIPTS), "utf8").matchAll(/"([a-z]+)\.([a-z][a-z_]*)"/g)])
    .filter(([, space]) => spaces.has(space)).map(([, space, key]) => `${space}.${key}`);

  assert.deepEqual([...new Set(named)].filter((key) => !(key in english)), []);
});

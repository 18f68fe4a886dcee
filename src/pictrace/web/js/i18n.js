/** @file Words, numbers and dates in the reader's language. */

export const LANGUAGES = { en: "English", ru: "Русский", de: "Deutsch", ja: "日本語", ko: "한국어", zh: "中文" };

const STORED = "pictrace.language";

/** The language chosen here before, or the first of the browser's that we speak. @returns {string} */
export function preferred() {
  const wanted = [remembered(), ...(navigator.languages ?? [])];
  const known = wanted.map((tag) => (tag ?? "").toLowerCase().split("-")[0]).find((tag) => tag in LANGUAGES);
  return known ?? "en";
}

/** Keeps a choice for the next visit. @param {string} language */
export function remember(language) {
  try { localStorage.setItem(STORED, language); } catch { /* then it holds for this visit */ }
}

/** What speaks a language. @param {string} language @returns {Promise<Speech>} */
export async function speech(language) {
  const answer = await fetch(new URL(`../i18n/${language}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`i18n/${language}.json: ${answer.status}`);
  return new Speech(language, await answer.json());
}

/** One language's words and ways of writing numbers. */
export class Speech {
  /** @param {string} language @param {Record<string, string | Record<string, string>>} words */
  constructor(language, words) {
    this.language = language;
    this.words = words;
    this.plural = new Intl.PluralRules(language);
    this.plain = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
    this.list = new Intl.ListFormat(language, { type: "conjunction" });
    this.day = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  }

  /** Whether there are words for a key. @param {string} key */
  has(key) {
    return key in this.words;
  }

  /**
   * The words of a key, `{name}` replaced by `params.name`; `count` chooses between plural forms. Numbers are written
   * as the language writes them; a share is to be handed over as `percent(share)`.
   * @param {string} key
   * @param {Record<string, string | number>} [params]
   */
  t(key, params = {}) {
    const entry = this.words[key];
    if (entry === undefined) return key;
    const text = typeof entry === "string" ? entry : entry[this.plural.select(Number(params.count))] ?? entry.other;
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? this.value(params[name]) : whole));
  }

  /** @param {string | number} value */
  value(value) {
    return typeof value === "number" ? this.number(value) : value;
  }

  /** @param {number} value */
  number(value) {
    return this.plain.format(value);
  }

  /** A measure to four digits that count, cut and not rounded: what is less than 1 is never told as 1. @param {number} value */
  measure(value) {
    const step = value ? 10 ** (3 - Math.floor(Math.log10(Math.abs(value)))) : 1;
    // What floating point leaves of a number must not cost it its last digit.
    const cut = (Math.sign(value) * Math.floor(Math.abs(value) * step + 1e-6)) / step;
    return new Intl.NumberFormat(this.language, { maximumSignificantDigits: 4 }).format(cut);
  }

  /** A share or probability as people read it; never rounded up to certainty. @param {number} share */
  percent(share) {
    const hundredfold = share * 100;
    if (hundredfold > 0 && hundredfold < 0.1) return `< ${this.share(0.001, 1)}`;
    if (hundredfold > 99 && hundredfold < 100) return this.share(Math.floor(hundredfold * 10) / 1000, 1);
    return this.share(Math.round(hundredfold) / 100, 0);
  }

  share(value, digits) {
    const form = { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits };
    return new Intl.NumberFormat(this.language, form).format(value);
  }

  /** A size of a file, in units of 1,000 bytes. @param {number} size */
  bytes(size) {
    const step = size < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(size) / 3));
    const unit = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"][step];
    const value = size / 1000 ** step;
    const form = { style: "unit", unit, unitDisplay: step ? "short" : "long", maximumFractionDigits: value < 10 && step ? 1 : 0 };
    return new Intl.NumberFormat(this.language, form).format(value);
  }

  /** A length of time. @param {number} milliseconds */
  time(milliseconds) {
    const long = milliseconds >= 1000;
    const form = { style: "unit", unit: long ? "second" : "millisecond", maximumFractionDigits: long ? 1 : 0 };
    return new Intl.NumberFormat(this.language, form).format(long ? milliseconds / 1000 : milliseconds);
  }

  /** A date with its time. @param {string} iso */
  date(iso) {
    return this.day.format(new Date(iso));
  }

  /** `a, b and c`. @param {string[]} parts */
  listed(parts) {
    return this.list.format(parts);
  }
}

function remembered() {
  try { return localStorage.getItem(STORED); } catch { return null; }
}

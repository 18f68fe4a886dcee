/** How fast something goes, over the last seconds, and how long the rest takes. */

const WINDOW_MS = 12_000;

export class Pace {
  total = 0;
  done = 0;
  #files = 0;
  /** @type {{time: number, bytes: number, files: number}[]} */
  #marks = [];

  expect(bytes) {
    this.total += bytes;
  }

  /** What was expected and does not come. */
  drop(bytes) {
    this.total -= bytes;
  }

  finish(bytes, now = performance.now()) {
    this.done += bytes;
    this.#files += 1;
    // Four marks a second are enough, and stay few however fast it goes.
    const last = this.#marks.at(-1);
    if (last && now - last.time < 250) Object.assign(last, { bytes: this.done, files: this.#files });
    else this.#marks.push({ time: now, bytes: this.done, files: this.#files });
    while (this.#marks.length > 2 && now - this.#marks[0].time > WINDOW_MS) this.#marks.shift();
  }

  /** @returns {{bytes: number, files: number} | null} per second; null as long as it cannot be told */
  rate(now = performance.now()) {
    const [first] = this.#marks;
    const last = this.#marks.at(-1);
    const seconds = first ? (now - first.time) / 1000 : 0;
    if (seconds < 1 || last === first) return null;
    return { bytes: (last.bytes - first.bytes) / seconds, files: (last.files - first.files) / seconds };
  }

  /** Seconds that are left, or null. @param {number} share  how much is done */
  left(share, now = performance.now()) {
    const rate = this.rate(now);
    return rate?.bytes ? ((1 - share) * this.total) / rate.bytes : null;
  }
}

/** @file One group in review: who stays, who is held against it, and what each answer means. Nothing here is drawn. */

/**
 * @typedef {{id: number, path: string, sha256: string, width: number, height: number, size: number, pick: string | null, reference: boolean}} Member
 * @typedef {{picks: {id: number, path: string, pick: string | null}[], decision: {ids: number[], verdict: string} | null}} Answer
 */

const APART = { different: "different", alternate: "alternate", both: "both" };

/** What is chosen in a group, and what is still to be asked. */
export class Turn {
  /** @param {{members: Member[]}} group */
  constructor(group) {
    this.group = group;
    this.members = group.members;
    this.picks = new Map(this.members.map((one) => [one, one.pick]));
    /** Pairs that were said to be no duplicates, and the members that left the group for them. @type {number[][]} */
    this.pairs = [];
    /** @type {Set<Member>} */
    this.apart = new Set();
    this.left = this.#first();
    this.right = this.#next();
  }

  /** Whether nothing is left to be asked. */
  get isOver() {
    return this.right === null;
  }

  /** How many are still to be held against the one that stays. */
  get waiting() {
    return this.members.filter((one) => this.#isOpen(one)).length;
  }

  /** Who stays so far: a reference, what was chosen to stay, or else the largest picture in the largest file. */
  #first() {
    const larger = (best, one) => (one.width * one.height - best.width * best.height || one.size - best.size) > 0 ? one : best;
    const here = this.members.filter((one) => !this.apart.has(one));
    const open = here.filter((one) => this.picks.get(one) !== "remove");
    return here.find((one) => one.reference) ?? here.find((one) => this.picks.get(one) === "keep") ?? (open.length ? open : here).reduce(larger);
  }

  #isOpen(one) {
    return one !== this.left && !one.reference && !this.apart.has(one) && !this.picks.get(one);
  }

  #next() {
    return this.members.find((one) => this.#isOpen(one)) ?? null;
  }

  /** Why an answer makes no sense now, as a key of a sentence, or nothing. @param {string} answer */
  refusal(answer) {
    const { left, right } = this;
    if (!right) return "duplicates.nothing_left";
    if (answer === "right" && left.reference) return "duplicates.is_reference";
    if ((answer === "different" || answer === "alternate") && left.sha256 === right.sha256) return "duplicates.same_bytes";
    return "";
  }

  /** Which picks and decision an answer means: `left`, `right`, `both`, `different` or `alternate`. @returns {Answer} */
  answer(answer) {
    const { left, right } = this;
    if (answer === "left") return this.#taken([[left, "keep"], [right, "remove"]]);
    if (answer === "right") return this.#taken([[right, "keep"], [left, "remove"]], right);
    if (answer === "both" && left.id === right.id) return this.#taken([[left, "keep"], [right, "keep"]]);
    const ids = [left.id, right.id];
    return { picks: this.#parted(ids), decision: { ids, verdict: APART[answer] } };
  }

  /**
   * Takes out of the group who leaves it, as the service does: of two that are apart the one that comes later, for all
   * were held against the first. What was chosen for who leaves was chosen for a group that is no more.
   */
  #parted(ids) {
    this.pairs.push(ids);
    const stays = new Set();
    for (const { id } of this.members) {
      if (!this.pairs.some((pair) => pair.includes(id) && pair.some((other) => other !== id && stays.has(other)))) stays.add(id);
    }
    this.apart = new Set(this.members.filter((one) => !stays.has(one.id)));
    // Also what was to go for one that has left is asked for again.
    const hasLost = this.apart.has(this.left);
    const gone = this.members.filter((one) => this.picks.get(one) && (this.apart.has(one) || (hasLost && this.picks.get(one) === "remove")));
    for (const one of gone) this.picks.set(one, null);
    if (hasLost) this.left = this.#first();
    this.right = this.#next();
    return gone.map((one) => ({ id: one.id, path: one.path, pick: null }));
  }

  #taken(picks, left = this.left) {
    const told = picks.filter(([one, pick]) => !one.reference && this.picks.get(one) !== pick);
    for (const [one, pick] of told) this.picks.set(one, pick);
    this.left = left;
    this.right = this.#next();
    return { picks: told.map(([one, pick]) => ({ id: one.id, path: one.path, pick })), decision: null };
  }

  /** Puts another member on the right side. @param {Member} member */
  show(member) {
    if (this.#isOpen(member)) this.right = member;
  }

  /** All of it as it is now, for `restore`. */
  kept() {
    return { picks: new Map(this.picks), apart: new Set(this.apart), pairs: [...this.pairs], left: this.left, right: this.right };
  }

  /** As it was; the picks that the service has to be told to be as they were. @returns {Answer["picks"]} */
  restore(kept) {
    const changed = this.members.filter((one) => this.picks.get(one) !== kept.picks.get(one));
    Object.assign(this, { picks: new Map(kept.picks), apart: new Set(kept.apart), pairs: [...kept.pairs], left: kept.left, right: kept.right });
    return changed.map((one) => ({ id: one.id, path: one.path, pick: this.picks.get(one) }));
  }
}

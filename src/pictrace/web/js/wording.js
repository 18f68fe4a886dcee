/** @file Matches in words: how two pictures are related, where, and why. */

/**
 * What the service's reasons speak of, by words they contain; numbers are then taken from the measures. A reason
 * that holds none of these, or lacks its number, is shown as the service says it.
 */
const CLUES = {
  same_bytes: "byte for byte",
  same_pixels: "the files differ only in what is written around them",
  hashes_same: "the perceptual hashes are the same",
  hashes: "of 256 bits",
  unlike: "look unlike",
  alike: "look alike",
  features: "local features agree on",
  framed: "on or around them",
  structure: "the structure is",
  near: "nearer to the query than",
};

/** What answers to words warn of. */
const WARNINGS = {
  uncalibrated: "the scores of words are not calibrated",
  cut: "the text is longer than what",
};

/** Why a signal has no opinion, told apart in the same way. */
const SILENCES = {
  other_pixels: "neither the bytes nor the pixels",
  no_hash: "no perceptual hash in common",
  no_structure: "too little structure for a perceptual hash",
  hashes_differ: "differ in more bits than those of copies",
  no_embedding: "no embedding in common",
  not_calibrated: "nobody has measured how alike",
  featureless: "is featureless",
  few_features: "too few local features",
  no_homography: "no way to lay the pictures over each other",
  no_view: "is no possible view",
  plain_overlap: "too small or too flat to be compared",
};

/** Why a plan leaves a file alone, in the same way. */
const LEFT = {
  archive: "no file of its own",
  changed: "changed since it was indexed",
  companion: "beside it belongs to it",
  gone: "not there any more",
  hard_link: "a second name (a hard link)",
  link: "no regular file",
  name: "by another name",
  quarantine: "in a quarantine or a trash",
  raw: "the RAW file of a picture",
  twice: "twice in this one",
  unreadable: "beside it cannot be read",
};

const WHOLE = 0.985;
const PERSPECTIVE = 0.06;
/** Degrees, and a logarithm, from which on a turn and a scale are told: as for what was done. */
const TURNED = 1;
const RESIZED = Math.log(1.03);
const ROOM = 34;

/** How two pictures are related, in a word or two. @param {any} app @param {string} relation */
export function relationName(app, relation) {
  // i18n: relation.exact relation.copy relation.scene relation.similar relation.different relation.checking
  return app.t(`relation.${relation}`);
}

/** The same as a sentence. @param {any} app @param {string} relation */
export function relationSays(app, relation) {
  // i18n: relation.says_exact relation.says_copy relation.says_scene relation.says_similar relation.says_different
  return app.t(`relation.says_${relation}`);
}

/**
 * Where the pictures overlap, or "": of a match of "your picture", or in a comparison of the first and the second.
 * @param {any} app @param {{query: number, match: number} | null} overlap @param {"reason" | "compare"} said
 */
export function where(app, overlap, said = "reason") {
  if (!overlap) return "";
  const shares = { query: app.percent(overlap.query), match: app.percent(overlap.match) };
  // i18n: reason.both_whole reason.query_inside reason.match_inside reason.shared
  // i18n: compare.both_whole compare.query_inside compare.match_inside compare.shared
  if (Math.min(overlap.query, overlap.match) > WHOLE) return app.t(`${said}.both_whole`);
  if (overlap.query > WHOLE) return app.t(`${said}.query_inside`, shares);
  if (overlap.match > WHOLE) return app.t(`${said}.match_inside`, shares);
  return app.t(`${said}.shared`, shares);
}

/** Why, a sentence each. @param {any} app @param {{reasons: string[], signals: Record<string, number>}} match */
export function why(app, match) {
  return match.reasons.map((reason) => clauses(app, reason, match.signals).join(" ") || sentence(reason));
}

/** The one sentence that says most of why. @param {any} app @param {{reasons: string[], signals: Record<string, number>}} match */
export function briefly(app, match) {
  const [first] = match.reasons;
  return first ? clauses(app, first, match.signals).at(-1) ?? sentence(first) : "";
}

/** A clause of the service as a sentence. @param {string} text */
function sentence(text) {
  const full = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?。]$/.test(full) ? full : `${full}.`;
}

function clauses(app, reason, signals) {
  const is = (clue) => reason.includes(CLUES[clue]);
  const cosine = app.number(floored(signals.cosine));
  if (is("same_bytes")) return [app.t("reason.same_bytes")];
  if (is("same_pixels")) return [app.t("reason.same_pixels")];
  if (is("hashes_same")) return [app.t("reason.hashes_same")];
  if (is("hashes") && "pdq_distance" in signals) return [app.t("reason.hashes", { count: signals.pdq_distance })];
  if (is("unlike") && "cosine" in signals) return [app.t("reason.unlike", { cosine })];
  if (is("alike") && "cosine" in signals) return [app.t("reason.alike", { cosine })];
  if (is("near") && "text_percentile" in signals) return [app.t("reason.near", { share: app.percent(signals.text_percentile), cosine: app.number(floored(signals.text_cosine)) })];
  const told = [];
  if (is("features") && "inliers" in signals) {
    told.push(app.t("reason.features", { inliers: signals.inliers, count: signals.matches ?? signals.inliers }));
  }
  if (is("framed")) told.push(app.t("reason.framed"));
  if (is("structure") && "aligned_ssim" in signals) told.push(structure(app, signals.aligned_ssim, reason.includes("not the same")));
  return told.length ? told : silences(app, reason);
}

function silences(app, reason) {
  // i18n: reason.silent_*
  return Object.keys(SILENCES).filter((name) => reason.includes(SILENCES[name])).map((name) => app.t(`reason.silent_${name}`));
}

/** What an answer warns of. @param {any} app @param {string} warning */
export function warned(app, warning) {
  const known = Object.keys(WARNINGS).find((name) => warning.startsWith(WARNINGS[name]));
  // i18n: search.warn_uncalibrated search.warn_cut
  if (known) return app.t(`search.warn_${known}`);
  return silences(app, warning).join(" ") || sentence(warning);
}

/** Whether matches of an answer have places and no scores: what their scores are worth nobody has measured. @param {{warnings: string[]}} answer */
export function isOrdered(answer) {
  return answer.warnings.some((warning) => warning.startsWith(WARNINGS.uncalibrated));
}

/** Why a plan leaves a file alone, as a sentence. @param {any} app @param {string} reason */
export function leftAlone(app, reason) {
  const known = Object.keys(LEFT).find((name) => reason.includes(LEFT[name]));
  // i18n: duplicates.left_*
  return known ? app.t(`duplicates.left_${known}`) : sentence(reason);
}

/** The bounds choose words and decide nothing, as on the command line. */
function structure(app, ssim, against) {
  const params = { ssim: app.number(floored(ssim)) };
  if (against) return app.t(ssim >= 0.7 ? "reason.structure_alike" : "reason.structure_other", params);
  if (ssim >= 0.9) return app.t("reason.structure_same", params);
  return app.t(ssim >= 0.7 ? "reason.structure_nearly" : "reason.structure_part", params);
}

function floored(value) {
  return Math.floor(value * 100 + 1e-9) / 100;
}

/** How the first picture lies beside the second, as if made of it: turned, mirrored, scaled, slanted. @param {any} app @param {any} match */
export function moved(app, match) {
  const { scale, turn: exact, slant } = change(match);
  const turn = Math.abs(exact) > 180 - TURNED ? 180 : exact;
  const isOver = match.mirrored && turn === 180;
  const parts = [];
  if (Math.abs(turn) >= TURNED && !isOver) {
    const params = { degrees: Math.round(Math.abs(turn)) };
    parts.push(turn > 0 ? app.t("reason.clockwise", params) : app.t("reason.counter_clockwise", params));
  }
  if (match.mirrored) parts.push(isOver ? app.t("reason.mirrored_over") : app.t("reason.mirrored_sides"));
  if (Math.abs(Math.log(scale)) > RESIZED) parts.push(app.t("reason.scaled", { times: Number(scale.toFixed(2)) }));
  if (slant > PERSPECTIVE) parts.push(app.t("reason.angle"));
  if (parts.length) return app.speech.listed(parts);
  return isShifted(match) ? app.t("reason.shifted") : app.t("reason.in_place");
}

function isShifted({ quad: [[x, y]], width, height }) {
  return Math.hypot(x, y) > 0.01 * Math.max(width, height);
}

/** Scale, turn in degrees and slant of the query beside the match, the other way than the transform leads. */
function change(match) {
  const [[topLeft, topRight, bottomRight, bottomLeft], [[h00, h01, h02], [h10, h11, h12], [h20, h21, h22]]] = [match.quad, match.transform];
  const side = (from, to) => Math.hypot(to[0] - from[0], to[1] - from[1]) || 1e-9;
  const slant = Math.max(
    Math.abs(Math.log(side(topLeft, topRight) / side(bottomLeft, bottomRight))),
    Math.abs(Math.log(side(topRight, bottomRight) / side(bottomLeft, topLeft))));
  const [x, y] = middle(match.quad);
  let [a, b, c, d] = [h00 - x * h20, h01 - x * h21, h10 - y * h20, h11 - y * h21];
  const [e, f, determinant] = [x * h22 - h02, y * h22 - h12, a * d - b * c || 1e-9];
  const w = (h20 * (e * d - b * f) + h21 * (a * f - e * c)) / determinant + h22 || 1;
  [a, b, c, d] = [a / w, b / w, c / w, d / w];
  if (match.mirrored) [a, c] = [-a, -c];
  return { scale: 1 / Math.max(Math.sqrt(Math.abs(a * d - b * c)), 1e-9), turn: (-Math.atan2(c - b, a + d) * 180) / Math.PI, slant };
}

/** Where the query's middle is in the match: its diagonals cross there from wherever they are seen. */
function middle([[ax, ay], [bx, by], [cx, cy], [dx, dy]]) {
  const across = (cx - ax) * (dy - by) - (cy - ay) * (dx - bx);
  const share = across ? ((bx - ax) * (dy - by) - (by - ay) * (dx - bx)) / across : 0.5;
  return [ax + share * (cx - ax), ay + share * (cy - ay)];
}

/** The last folders of a path, as many as a line has room for. @param {string} folder */
export function near(folder) {
  const parts = folder.split(/(?<=[/\\!])/);
  let shown = "";
  while (parts.length && (!shown || shown.length + parts.at(-1).length < ROOM)) shown = parts.pop() + shown;
  return parts.length ? `…/${shown}` : shown;
}

/** A path as its folder and its name, of files, archives and addresses alike. @param {string | null} path @param {number | null} id */
export function named(app, path, id) {
  if (!path) return { folder: "", file: id === null ? "" : app.t("search.unnamed", { id: String(id) }) };
  const cut = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"), path.lastIndexOf("!")) + 1;
  return { folder: path.slice(0, cut), file: path.slice(cut) || path };
}

/** Sentences and figures that several views say. */

/** What went wrong, in the reader's language if the code is known. @returns {string} */
export const sentence = (app, problem) => app.sentence(problem);

/** Whether the caller has a right; nobody knows, and so no, before the service has said. @param {string} right */
export const may = (app, right) => (app.info?.rights ?? []).includes(right);

/** Whether the caller may have the service fetch an address. */
export const mayFetch = (app) => Boolean(app.info?.fetch) && may(app, "fetch");

/** What to do about it, if there is something. @returns {string} */
export function advice(app, problem) {
  // i18n: add.advice_*
  const key = `add.advice_${problem.code}`;
  const said = app.t(key);
  return said === key ? problem.hint ?? "" : said;
}

/** Kinds of jobs that are about the whole collection. */
const NAMELESS = new Set(["rebuild", "fold", "duplicates", "apply", "undo"]);

/** What a job is about: its kind, and the name of what it works at where that has one. @returns {{kind: string, name: string}} */
export function aboutJob(app, job) {
  if (job.kind === "urls") return { kind: app.t("add.urls_name", { count: Number.parseInt(job.name, 10) || 0 }), name: "" };
  // i18n: jobs.kind_*
  const kind = app.t(`jobs.kind_${job.kind}`);
  return { kind, name: NAMELESS.has(job.kind) ? "" : job.name };
}

/** The same in one line. @returns {string} */
export function titleOf(app, job) {
  const { kind, name } = aboutJob(app, job);
  return name ? `${kind} ${name}` : kind;
}

/** The last part of a path or an address. @param {string | null} path */
export const fileName = (path) => (path ?? "").split(/[/\\]/).filter(Boolean).pop() ?? "";

/** What a picture is called: its file's name, or its number. */
export const nameOf = (app, record) => fileName(record.path) || app.t("library.tile", { id: String(record.id) });

/** A duration that need not be exact. @param {number} seconds */
export function duration(app, seconds) {
  if (seconds < 60) return app.t("jobs.seconds", { count: Math.max(1, Math.round(seconds)) });
  if (seconds < 5400) return app.t("jobs.minutes", { count: Math.round(seconds / 60) });
  return app.t("jobs.hours", { count: Math.round(seconds / 3600) });
}

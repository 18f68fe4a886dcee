/** Keys, clicks and touches on the wall. */

import { areOn } from "./keyboard.js";

const HELD_MS = 450;

/** The keys of the wall, for the list of keys. */
export const WALL_KEYS = [
  { key: "", shown: "← → ↑ ↓", says: "library.key_move" },
  { key: "", shown: "Home / End", says: "library.key_ends" },
  { key: "", shown: "Enter", says: "library.key_open" },
  { key: "", shown: "Space", says: "library.key_select" },
  { key: "", shown: "Shift + ← → ↑ ↓", says: "library.key_range" },
  { key: "", shown: "Ctrl + A", says: "library.key_all" },
  { key: "", shown: "s", says: "library.search_with" },
  { key: "", shown: "Delete", says: "library.delete", right: "delete" },
  { key: "", shown: "Ctrl + Z", says: "library.undo", right: "delete" },
];

/**
 * @typedef {import("./wall.js").Wall} Wall
 * @typedef {import("./selection.js").Selection} Selection
 * @typedef {{open: (id: number) => void, search: (id: number) => void, remove: (ids: number[]) => void,
 *   undo: () => void, mayRemove: boolean}} Deeds
 */

/** Listens until `signal` ends. @param {Wall} wall @param {Selection} selection @param {Deeds} deeds @param {AbortSignal} signal */
export function listen(wall, selection, deeds, signal) {
  const held = hold(wall, selection, signal);
  const { grid } = wall;
  grid.addEventListener("keydown", (event) => pressed(event, wall, selection, deeds), { signal });
  grid.addEventListener("click", (event) => clicked(event, wall, selection, held), { signal });
  grid.addEventListener("focusin", (event) => {
    const tile = tileOf(wall, event.target);
    if (tile && tile.index !== wall.active) wall.active = tile.index;
  }, { signal });
}

function tileOf(wall, target) {
  const cell = target.closest?.(".tile");
  if (!cell) return null;
  for (const tile of wall.rows.tiles()) if (tile.cell === cell) return tile;
  return null;
}

function clicked(event, wall, selection, held) {
  const tile = tileOf(wall, event.target);
  if (!tile || event.button) return;
  // The browser says 0 clicks for a link that was followed with the Enter key: that one always opens.
  const isKey = event.detail === 0 && event.target !== tile.pick;
  const isPick = event.target.closest(".tile-pick");
  if (held.take()) event.preventDefault();
  else if (event.shiftKey && !isKey) {
    event.preventDefault();
    selection.reach(wall.order.ids, tile.id);
  } else if (isPick || (!isKey && (selection.count || event.ctrlKey || event.metaKey))) {
    event.preventDefault();
    selection.toggle(tile.id);
  } else return;
  wall.active = tile.index;
  tile.link.focus({ preventScroll: true });
}

/** A finger that rests on a picture selects it. */
function hold(wall, selection, signal) {
  let timer = 0;
  let isTaken = false;
  const stop = () => clearTimeout(timer);
  wall.grid.addEventListener("pointerdown", (event) => {
    isTaken = false;
    const tile = event.pointerType === "mouse" ? null : tileOf(wall, event.target);
    if (!tile) return;
    timer = setTimeout(() => {
      isTaken = true;
      selection.toggle(tile.id);
    }, HELD_MS);
  }, { signal });
  for (const kind of ["pointerup", "pointercancel", "pointerleave"]) wall.grid.addEventListener(kind, stop, { signal });
  wall.grid.addEventListener("contextmenu", (event) => {
    if (event.pointerType && event.pointerType !== "mouse") event.preventDefault();
  }, { signal });
  const take = () => {
    const was = isTaken;
    isTaken = false;
    return was;
  };
  return { take };
}

/** Where a key leads from the active picture. @returns {number | null} */
function target(key, wall) {
  const last = wall.count - 1;
  const ahead = getComputedStyle(wall.grid).direction === "rtl" ? -1 : 1;
  switch (key) {
    case "ArrowRight": return Math.min(last, Math.max(0, wall.active + ahead));
    case "ArrowLeft": return Math.min(last, Math.max(0, wall.active - ahead));
    case "ArrowDown": return wall.beside(1);
    case "ArrowUp": return wall.beside(-1);
    case "PageDown": return wall.beside(wall.pageRows);
    case "PageUp": return wall.beside(-wall.pageRows);
    case "Home": return 0;
    case "End": return last;
    default: return null;
  }
}

function pressed(event, wall, selection, deeds) {
  if (event.altKey || !wall.count) return;
  const id = wall.order.ids[wall.active];
  const to = target(event.key, wall);
  if (to !== null) {
    if (event.shiftKey && selection.origin === null) selection.begin(id);
    wall.focus(to, { keepGoal: /Up|Down/.test(event.key) });
    if (event.shiftKey) selection.reach(wall.order.ids, wall.order.ids[to]);
  } else if (!command(event, wall, selection, deeds, id)) return;
  event.preventDefault();
}

/** @returns {boolean} whether the key meant something */
function command(event, wall, selection, deeds, id) {
  const isControl = event.ctrlKey || event.metaKey;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (isControl && key === "a") selection.all(wall.order.ids);
  else if (isControl && key === "z") deeds.undo();
  else if (isControl) return false;
  else if (key === " " && event.shiftKey) selection.reach(wall.order.ids, id);
  else if (key === " ") selection.toggle(id);
  else if (key === "s" && areOn()) deeds.search(id);
  else if (key === "Escape" && selection.count) selection.clear();
  else if ((key === "Delete" || key === "Backspace") && deeds.mayRemove) {
    deeds.remove(selection.count ? [...selection.ids] : [id]);
  } else return false;
  return true;
}

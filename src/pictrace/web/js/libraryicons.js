/** Line drawings on a grid of 24, for the library, adding and jobs. */

const SVG = "http://www.w3.org/2000/svg";

const LINES = {
  add: "M12 5v14M5 12h14",
  back: "M15 5l-7 7 7 7",
  check: "M6 12.5l4 4 8-9",
  close: "M6 6l12 12M18 6L6 18",
  compare: "M4 6h7v12H4zM13 6h7v12h-7z",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
  folder: "M3 7h6l2 2h10v10H3z",
  forward: "M9 5l7 7-7 7",
  funnel: "M4 6h16M7 12h10M10 18h4",
  help: "M9 9.5a3 3 0 1 1 4 2.8c-.7.3-1 .8-1 1.7M12 17.5v.01",
  link: "M10 14l4-4M9 11l-2.5 2.5a3 3 0 0 0 4 4L13 15M15 13l2.5-2.5a3 3 0 0 0-4-4L11 9",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5v.01",
  refresh: "M19 12a7 7 0 1 1-2-5M17 3v4h-4",
  search: "M10.5 4a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13zM15.5 15.5L20 20",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  undo: "M8 5L4 9l4 4M4 9h10a5 5 0 0 1 0 10h-4",
  warning: "M12 4l9 16H3zM12 10v4M12 17v.01",
  zip: "M5 4h14v16H5zM12 4v2M12 8v2M12 12v2M10.5 15h3v3h-3z",
};

/** A drawing that says nothing by itself. @param {keyof typeof LINES} name @returns {SVGSVGElement} */
export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("class", "line-icon");
  drawing.setAttribute("aria-hidden", "true");
  line.setAttribute("d", LINES[name]);
  drawing.append(line);
  return drawing;
}

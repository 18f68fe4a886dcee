/** @file Building the page from elements and text; nothing here, or anywhere, parses HTML. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. Of `props`, `onclick` and the like listen, `style` and `dataset` take objects, true and false set and
 * leave out an attribute, and `value`, `checked`, `disabled` and `hidden` are properties; the others are attributes.
 * @param {string} tag
 * @param {Record<string, any> | null} [props]
 * @param {...any} children nodes, text, arrays of them; null and false are left out
 * @returns {any}
 */
export function h(tag, props, ...children) {
  return filled(document.createElement(tag), props, children);
}

/** The same for SVG. @param {string} tag @param {Record<string, any> | null} [props] @param {...any} children */
export function s(tag, props, ...children) {
  return filled(document.createElementNS(SVG, tag), props, children);
}

/** One of our icons, silent for screen readers: the words stand beside it, or in the button's label. @param {string} name */
export function icon(name) {
  return s("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, s("use", { href: `#i-${name}` }));
}

/** Another content of an element. @param {Element} element @param {...any} children */
export function fill(element, ...children) {
  element.replaceChildren(...flat(children));
  return element;
}

/** Loads the icons into the page, where `icon` finds them. @param {URL} address */
export async function loadIcons(address) {
  const answer = await fetch(address);
  const sprite = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
  const store = s("svg", { class: "store", "aria-hidden": "true" });
  for (const symbol of sprite.querySelectorAll("symbol")) store.append(document.importNode(symbol, true));
  document.body.append(store);
}

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "indeterminate", "open"]);

function filled(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) set(element, name, value);
  element.append(...flat(children));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || (value === false && !PROPERTIES.has(name))) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "style") for (const [rule, setting] of Object.entries(value)) element.style.setProperty(rule, setting);
  else if (name === "dataset") Object.assign(element.dataset, value);
  else if (PROPERTIES.has(name) && name in element) element[name] = value;
  else element.setAttribute(name, value === true ? "" : String(value));
}

function flat(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== "");
}

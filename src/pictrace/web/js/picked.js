/** What can be done with the selected pictures: a bar that is there as long as some are. */

import { h, fill } from "./dom.js";
import { icon } from "./libraryicons.js";

export class Picked {
  /** @param {HTMLElement} host @param {any} app @param {import("./selection.js").Selection} selection @param {any} deeds */
  constructor(host, app, selection, deeds) {
    Object.assign(this, { app, selection, deeds });
    this.element = h("div", { class: "picked", role: "toolbar", "aria-label": app.t("library.selection"), hidden: true });
    host.append(this.element);
    selection.addEventListener("change", this.#changed);
  }

  close() {
    this.selection.removeEventListener("change", this.#changed);
    this.element.remove();
  }

  #changed = () => {
    const { app, selection, deeds } = this;
    const { t } = app;
    const { count } = selection;
    const text = t("library.selected", { count });
    const isInside = this.element.contains(document.activeElement);
    this.element.hidden = count === 0;
    app.announce(count ? text : t("library.selection_cleared"));
    if (!count) {
      if (isInside) deeds.leave();
      return;
    }
    const [one, other] = selection.ids;
    const had = isInside ? document.activeElement.dataset.deed : null;
    fill(this.element,
      this.#button("clear", "close", t("library.clear"), () => selection.clear()),
      h("b", null, text),
      count === 1 && this.#button("search", "search", t("library.search_with"), () => deeds.search(one)),
      count === 2 && this.#button("compare", "compare", t("library.compare"), () => deeds.compare(one, other)),
      deeds.mayRemove && this.#button("delete", "trash", t("library.delete"), () => deeds.remove([...selection.ids])));
    if (had) this.element.querySelector(`[data-deed="${had}"]`)?.focus();
  };

  #button(deed, drawing, label, run) {
    return h("button", { type: "button", class: `picked-${deed}`, dataset: { deed }, onclick: run, "aria-label": label,
      title: label }, icon(drawing), h("span", null, label));
  }
}

/** @file The dialog that asks for a key. */

import { h } from "./dom.js";

/** Asks for a key until one is taken; true if one was. @param {any} app @returns {Promise<boolean>} */
export function askForKey(app) {
  return new Promise((resolve) => {
    const { t } = app;
    let taken = false;
    const wrong = h("p", { class: "wrong", role: "alert" });
    const input = h("input", { type: "password", id: "key", autocomplete: "current-password", required: true, spellcheck: "false", "aria-describedby": "key-why" });
    const submit = async (event) => {
      event.preventDefault();
      wrong.textContent = "";
      try {
        await app.api.signIn(input.value.trim());
        taken = true;
        await app.inform();
        dialog.close();
      } catch (error) {
        wrong.textContent = error.code === "unauthenticated" ? t("shell.key_wrong") : app.sentence(error);
        input.select();
      }
    };
    const dialog = h("dialog", { class: "dialog narrow", "aria-labelledby": "key-title", onclose: () => { dialog.remove(); resolve(taken); } },
      h("form", { method: "dialog", onsubmit: submit },
        h("h2", { id: "key-title" }, t("shell.key_title")),
        h("p", { id: "key-why", class: "dim" }, t("shell.key_why")),
        h("label", { for: "key" }, t("shell.key")), input, wrong,
        h("div", { class: "row end" },
          h("button", { type: "button", class: "button", onclick: () => dialog.close() }, t("shell.cancel")),
          h("button", { type: "submit", class: "button primary" }, t("shell.sign_in")))));
    document.body.append(dialog);
    dialog.showModal();
    input.focus();
  });
}

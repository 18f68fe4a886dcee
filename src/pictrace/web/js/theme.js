"use strict";
// Runs before the first paint, so that a chosen appearance never flashes up in the other one.
(() => {
  const dark = document.getElementById("dark");
  const apply = () => {
    let chosen = null;
    try { chosen = localStorage.getItem("pictrace.theme"); } catch { /* storage may be closed to us */ }
    dark.media = chosen === "dark" ? "all" : chosen === "light" ? "not all" : "(prefers-color-scheme: dark)";
    document.documentElement.dataset.theme = chosen ?? "auto";
  };
  apply();
  addEventListener("pictrace-theme", apply);
})();

/** What is told aside: a polite word to screen readers, and a short note after a deed. */

import { h, icon, setText } from "./dom.js";
import { t } from "./i18n.js";

const NOTE_MS = 8000;

/** Say something politely to a screen reader. */
export function announce(text) {
  const region = document.querySelector("#announcer");
  if (region) setText(region, text);
}

/** Show a note in the corner; warnings stay until they are put away. */
export function note(text, tone = "ok") {
  const close = h(
    "button",
    { type: "button", class: "button bare small", "aria-label": t("close") },
    icon("close"),
  );
  const toast = h("div", { class: "toast", data: { tone } }, h("p", {}, text), close);
  close.addEventListener("click", () => toast.remove());
  document.querySelector("#toasts").append(toast);
  if (tone === "ok") setTimeout(() => toast.remove(), NOTE_MS);
}

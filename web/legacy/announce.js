/** What is told aside: a polite word to screen readers, and a short note after a deed. */

import { h, icon, setText } from "./dom.js";
import { t } from "./i18n.js";

const NOTE_MS = { ok: 8000, warn: 10_000 };

/** Say something politely to a screen reader. */
export function announce(text) {
  const region = document.querySelector("#announcer");
  if (region) setText(region, text);
}

/** Show a note in the corner, good news in the place of older ones; it leaves unless somebody reads it. */
export function note(text, tone = "ok") {
  const region = document.querySelector("#toasts");
  for (const old of [...region.children]) {
    const isOutdated = tone === "ok" && old.dataset.tone === "ok";
    if (isOutdated || old.firstElementChild.textContent === text) old.remove();
  }
  const close = h(
    "button",
    { type: "button", class: "button bare small", "aria-label": t("close") },
    icon("close"),
  );
  const toast = h("div", { class: "toast", data: { tone } }, h("p", {}, text), close);
  close.addEventListener("click", () => toast.remove());
  region.append(toast);
  leaveLater(toast, NOTE_MS[tone] ?? NOTE_MS.warn);
}

/** Let a note go after a while, and not before it is neither pointed at nor focused. */
function leaveLater(toast, wait_ms) {
  setTimeout(() => {
    if (toast.matches(":hover, :focus-within")) leaveLater(toast, wait_ms);
    else toast.remove();
  }, wait_ms);
}

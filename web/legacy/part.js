/** The frame of a part of the page: loading, failing with a retry, empty, stale, and how old its data is. */

import { errorNodes } from "./errors.js";
import { h, setShown, setText } from "./dom.js";
import { ago, t } from "./i18n.js";
import { consoleNow, state } from "./store.js";
import { refresh } from "./stream.js";
import { ApiError } from "./api.js";

/**
 * Take a section of the page as the frame of one part of the snapshot.
 * @param {HTMLElement} section
 * @param {{source: string, isEmpty: function}} how
 */
export function makePart(section, { source, isEmpty }) {
  const slot = (name) => section.querySelector(`[data-slot="${name}"]`);
  const frame = {
    section,
    slot,
    trouble: null,
    update: () => updateFrame(frame, source, isEmpty),
    tick: () => tellAge(frame, source),
  };
  frame.failure = makeFailure(frame);
  slot("failure").append(frame.failure.box);
  return frame;
}

function makeFailure(frame) {
  const text = h("div", { class: "box-text" });
  const button = h("button", {
    type: "button",
    class: "button small",
    onclick: () => retry(frame),
  });
  const box = h("div", { class: "box", data: { tone: "bad" }, hidden: true }, text, button);
  return { box, text, button, shown: "" };
}

function updateFrame(frame, source, isEmpty) {
  const part = state.snapshot?.parts?.[source];
  const known = Boolean(part && part.at !== null);
  const lost = state.line === "lost";
  const error = lost && !known ? new ApiError({ code: "line" }) : troubleOf(part);
  const empty = known && isEmpty(state.snapshot);
  setShown(frame.slot("loading"), !known && !error);
  setShown(frame.slot("content"), known && !empty);
  setShown(frame.slot("empty"), empty);
  frame.section.classList.toggle("is-stale", known && (lost || Boolean(error)));
  frame.section.setAttribute("aria-busy", String(!known && !error));
  showFailure(frame, error);
  tellAge(frame, source);
}

/** Why the part's data is not fresh, or null. */
function troubleOf(part) {
  if (!part || part.ok) return null;
  return new ApiError(part.error ?? { code: "cluster" });
}

function showFailure(frame, error) {
  const { box, text, button } = frame.failure;
  setText(button, t("retry"));
  const said = error ? `${error.code}|${error.words}|${document.documentElement.lang}` : "";
  if (said !== frame.failure.shown) {
    frame.failure.shown = said;
    text.replaceChildren(...(error ? errorNodes(error) : []));
  }
  if (!error && box.contains(document.activeElement)) frame.section.querySelector("h2")?.focus();
  setShown(box, Boolean(error));
}

async function retry(frame) {
  const { button, text } = frame.failure;
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await refresh();
  } catch (error) {
    frame.failure.shown = "";
    text.replaceChildren(...errorNodes(error));
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function tellAge(frame, source) {
  const part = state.snapshot?.parts?.[source];
  const at = part?.at ?? null;
  const key = part?.ok && state.line !== "lost" ? "age.fresh" : "age.stale";
  setText(frame.slot("age"), at === null ? "" : t(key, { ago: ago(consoleNow() - at) }));
}

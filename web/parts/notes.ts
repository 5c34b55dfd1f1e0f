/** What is told aside: a polite word to screen readers, and a short note after a deed. */

import { html, type TemplateResult } from "lit/html.js";
import { repeat } from "lit/directives/repeat.js";

import { asApiError } from "../core/api.js";
import { drawNow, redraw } from "../core/draw.js";
import { errorLine, requestView } from "../words/errors.js";
import { t } from "../words/i18n.js";
import { putInClearPlace } from "./clear-place.js";
import { icon } from "./icons.js";

type NoteTone = "ok" | "warn";

interface Note {
  key: number;
  text: string;
  tone: NoteTone;
  request: string | null;
}

const NOTE_MS: Record<NoteTone, number> = { ok: 8000, warn: 10_000 };
let notes: Note[] = [];
let told = "";
let serial = 0;

/** Say something politely to a screen reader. */
export function announce(text: string): void {
  told = text;
  redraw();
}

/** Show a note in the corner, good news in the place of older ones; it leaves unless somebody reads it. */
export function note(text: string, tone: NoteTone = "ok", request: string | null = null): void {
  const isOutdated = (old: Note) => (tone === "ok" && old.tone === "ok") || old.text === text;
  const added = { key: ++serial, text, tone, request };
  notes = [...notes.filter((old) => !isOutdated(old)), added];
  drawNow();
  place();
  leaveLater(added);
}

/** Show what went wrong with a request, and under which name the console's log tells more. */
export function noteFailure(thrown: unknown, before = ""): void {
  const error = asApiError(thrown);
  note(`${before}${errorLine(error)}`, "warn", error.request);
}

/** Put each where it covers nothing that is used or watched; those that lie there stay where they are. */
function place(): void {
  document.querySelectorAll<HTMLElement>(".toast:not(.is-placed)").forEach(putInClearPlace);
}

addEventListener("resize", () => document.querySelectorAll<HTMLElement>(".toast").forEach(putInClearPlace));

/** Let a note go after a while, and not before it is neither pointed at nor focused. */
function leaveLater(one: Note): void {
  setTimeout(() => {
    const element = document.querySelector(`#note-${one.key}`);
    if (element?.matches(":hover, :focus-within")) leaveLater(one);
    else close(one);
  }, NOTE_MS[one.tone]);
}

function close(one: Note): void {
  notes = notes.filter((other) => other !== one);
  redraw();
}

/** The notes, and the ear of screen readers. */
export function notesView(): TemplateResult {
  const view = (one: Note) =>
    html`<div class="toast" id="note-${one.key}" data-tone=${one.tone}>
      <p>${one.text} ${requestView(one.request)}</p>
      <button type="button" class="button icon bare" aria-label=${t("close")} @click=${() => close(one)}>
        ${icon("close")}
      </button>
    </div>`;
  return html`<div class="toasts" id="toasts" role="status">${repeat(notes, (one) => one.key, view)}</div>
    <p class="unseen" id="announcer" role="status" aria-live="polite">${told}</p>`;
}

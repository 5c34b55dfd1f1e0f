/** States: words on a colour. */

import { html, nothing, type TemplateResult } from "lit/html.js";
import { keyed } from "lit/directives/keyed.js";

import type { Word } from "../words/states.js";

/** Behind a dot or comma, and before a bracket. */
const PLACES_TO_BREAK = /(?<=[·,]) | (?=\()/;

/** The pill of a state. */
export function pill({ tone, text }: Word): TemplateResult {
  return html`<span class="pill" data-tone=${tone}>${text}</span>`;
}

/**
 * The pills of a cell, and what is said beside them; anew when they change, so that no word wanders. Where there is no
 * room in one line, its parts go into two.
 */
export function badges(words: Word[], beside: string): TemplateResult {
  const key = [...words.map(({ text }) => text), beside].join("|");
  const parts = beside.split(PLACES_TO_BREAK).map((text, at) => html`${at ? " " : ""}<span>${text}</span>`);
  const sub = beside ? html`<span class="sub">${parts}</span>` : nothing;
  const all = html`<span class="badges">${words.map(pill)}${sub}</span>`;
  return html`${keyed(key, all)}`;
}

/** States: words on a colour. */

import { html, type TemplateResult } from "lit/html.js";
import { keyed } from "lit/directives/keyed.js";

import type { Word } from "../words/states.js";

/** The pill of a state. */
export function pill({ tone, text }: Word): TemplateResult {
  return html`<span class="pill" data-tone=${tone}>${text}</span>`;
}

/** The pills of a cell, and what is said beside them; anew when they change, so that no word wanders. */
export function badges(words: Word[], beside: string): TemplateResult {
  const key = [...words.map(({ text }) => text), beside].join("|");
  const all = html`<span class="badges">${words.map(pill)}<span class="sub">${beside}</span></span>`;
  return html`${keyed(key, all)}`;
}

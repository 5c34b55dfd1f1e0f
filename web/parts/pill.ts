/** A state: a word on a colour. */

import { html, type TemplateResult } from "lit/html.js";

import type { Word } from "../words/states.js";

/** The pill of a state. */
export function pill({ tone, text }: Word): TemplateResult {
  return html`<span class="pill" data-tone=${tone}>${text}</span>`;
}

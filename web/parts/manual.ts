/** The manual's chapter for each place of the page, and the link that leads there. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { locale } from "../core/preferences.js";
import { t } from "../words/i18n.js";
import { addressFor } from "../core/place.js";

/** The chapter about a page, by its path, or about a part of one, by its id. */
const CHAPTERS: Record<string, string> = {
  "/": "7-1-status",
  "/whatif": "7-4-whatif",
  "/history": "7-6-history",
  "/alerts": "7-7-alerts",
  "/maintenance": "7-8-maintenance",
  "/plans": "8-5-desired",
  "/drill": "8-6-drill",
  "/help": "index",
  "/login": "8-2-running",
  status: "7-1-status",
  resources: "7-2-resources",
  rules: "7-3-rules",
  tolerance: "7-5-tolerance",
  lab: "7-9-lab",
};

/** Every chapter, in the order of the manual. */
const ALL = [
  "index",
  "7-1-status",
  "7-2-resources",
  "7-3-rules",
  "7-4-whatif",
  "7-5-tolerance",
  "7-6-history",
  "7-7-alerts",
  "7-8-maintenance",
  "7-9-lab",
  "8-1-install",
  "8-2-running",
  "8-3-proxy",
  "8-4-verbs",
  "8-5-desired",
  "8-6-drill",
  "9-model",
];

/** The manual's table of contents. */
export function contentsView(): TemplateResult {
  const line = (name: string) => html`<li><a href=${chapter(name)}>${t(`manual.chapter.${name}`)}</a></li>`;
  return html`<ul class="chapters">${ALL.map(line)}</ul>`;
}

/** The address of a chapter, in the reader's language. */
function chapter(name: string): string {
  return addressFor(`/manual/${locale()}/${name}.html`);
}

/** A link to the chapter about a place; nothing where there is none. */
export function manualLink(place: string): TemplateResult | typeof nothing {
  const name = CHAPTERS[place];
  if (!name) return nothing;
  return html`<a class="manual" href=${chapter(name)} target="_blank" rel="noopener" title=${t("manual.here")} aria-label=${t("manual.here")}>?</a>`;
}

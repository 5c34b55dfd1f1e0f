/** The course on a time axis: what happens, from when to when. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import type { Phase } from "../core/forecast.js";
import { t } from "../words/i18n.js";
import { spanText } from "./course.js";

/** The phases, or nothing where there are none. */
export function phasesView(phases: Phase[]): TemplateResult | typeof nothing {
  if (!phases.length) return nothing;
  const end = Math.max(...phases.map(({ at_s }) => at_s[1]), 1);
  return html`<section class="card" aria-labelledby="phases-title">
    <header><h2 id="phases-title">${t("whatif.phases")}</h2></header>
    <div class="inside"><ol class="phases">${phases.map((phase) => phaseView(phase, end))}</ol></div>
  </section>`;
}

function phaseView({ at_s: [from, to], says }: Phase, end: number): TemplateResult {
  const start = (from / end) * 100;
  const width = Math.max(((to - from) / end) * 100, 0.8);
  return html`<li><span class="when">${spanText([from, to])}</span><span class="what">${says}</span>
    <svg class="axis" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><line x1="0" x2="100" y1="4" y2="4"></line><rect x=${start} width=${width} y="1" height="6"></rect></svg></li>`;
}

/** The fence clock to scale: how far a loss has come, and between when its steps are taken. */

import { html, nothing, svg, type TemplateResult } from "lit/html.js";

import type { Steps } from "../core/fence-clock.js";
import { clusterNow } from "../core/store.js";

/** The bar; screen readers have its text instead. */
export function fenceBar(since: number | null | undefined, steps: Steps | undefined): TemplateResult | typeof nothing {
  const end = steps?.again?.[1] ?? steps?.fenced?.[1];
  if (!since || !steps || !end || end <= since) return nothing;
  const share = (at: number) => Math.min(100, Math.max(0, ((at - since) / (end - since)) * 100));
  const piece = (kind: string, from: number, to: number) =>
    svg`<rect class=${kind} x="${share(from)}%" width="${Math.max(0.4, share(to) - share(from))}%" height="4"></rect>`;
  const ranges = [steps.fence, steps.again].map((span) => (span ? piece("range", ...span) : nothing));
  return html`<svg class="fence-bar" aria-hidden="true">${ranges}${piece("spent", since, clusterNow())}</svg>`;
}

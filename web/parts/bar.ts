/** A bar of how much of something is used. */

import { html, svg, type TemplateResult } from "lit/html.js";

/** More than this share of a node's memory or processors is a lot. */
const HOT = 0.9;

/** A bar from 0 to 1; CSP lets no style in, so it is drawn. */
export function bar(share: number, label: string): TemplateResult {
  const width = `${Math.round(Math.min(1, Math.max(0, share)) * 100)}%`;
  const fill = svg`<rect width=${width} height="6"></rect>`;
  return html`<svg class="bar" role="img" aria-label=${label} data-hot=${share > HOT ? "yes" : "no"}>${fill}</svg>`;
}

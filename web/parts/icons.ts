/** Small line drawings, which screen readers skip. */

import { html, svg, type TemplateResult } from "lit/html.js";

const SHAPES = {
  close: "M6 6l12 12M18 6L6 18",
  down: "M5 9l7 7 7-7",
  up: "M5 15l7-7 7 7",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  flask: "M9 3h6M10 3v6L4.5 19.5h15L14 9V3M7.5 15h9",
  pulse: "M3 13h4l3-8 4 14 3-6h4",
  play: "M8 5l11 7-11 7V5",
  square: "M6 6h12v12H6V6",
  moving: "M4 12h15M13 6l6 6-6 6",
  past: "M3 12a9 9 0 103-6.700L3 8M3 3v5h5M12 8v4.500l3 2",
  power: "M12 3v8M7 6.500a8 8 0 1010 0",
  network: "M12 19v.01M8.500 15.500a5 5 0 017 0M5 12a10 10 0 0114 0M2 8.500a15 15 0 0120 0",
  bolt: "M13 2L5 13.500h6L10 22l9-12h-6.500L13 2",
  theme: "M12 3a9 9 0 100 18V3zM12 3a9 9 0 010 18",
  good: "M12 3a9 9 0 100 18 9 9 0 000-18zM8 12.5l2.8 2.8L16 9.5",
  warning: "M12 4L2.5 20h19L12 4zM12 10v5M12 17.6v.4",
  stop: "M8.5 3h7L21 8.5v7L15.5 21h-7L3 15.5v-7L8.5 3zM12 8v5M12 16v.4",
  tool: "M15 4a5 5 0 00-4.5 7.2L4 17.700V20h2.300l6.500-6.500A5 5 0 0020 9l-3 3-3-1-1-3 3-3",
  unknown: "M12 3a9 9 0 100 18 9 9 0 000-18zM9.500 9.500a2.500 2.500 0 115 0c0 1.700-2.500 2-2.500 4M12 17v.4",
} as const;

export type IconName = keyof typeof SHAPES;

/** A drawing. */
export function icon(name: IconName): TemplateResult {
  const path = svg`<path d=${SHAPES[name]}></path>`;
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${path}</svg>`;
}

/** The lines of one rule on the map: between resources, or from resources to nodes. */

import { nothing, svg, html, type TemplateResult } from "lit/html.js";

import { redraw } from "../core/draw.js";
import type { Rule } from "../model.js";

interface Line {
  from: [number, number];
  to: [number, number];
}

let lines: Line[] = [];
let drawn: Rule | undefined;
let isDue = false;

addEventListener("resize", () => drawRule(drawn));

/** Measure the lines of a rule once the map stands. */
export function drawRule(rule: Rule | undefined): void {
  drawn = rule;
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    const measured = drawn ? linesOf(drawn) : [];
    if (JSON.stringify(measured) === JSON.stringify(lines)) return;
    lines = measured;
    redraw();
  });
}

function linesOf({ type, resources, nodes }: Rule): Line[] {
  const body = document.querySelector("#map .map-body");
  if (!body) return [];
  const origin = body.getBoundingClientRect();
  const middle = (element: Element): [number, number] => {
    const box = element.getBoundingClientRect();
    return [Math.round(box.left + box.width / 2 - origin.left), Math.round(box.top + box.height / 2 - origin.top)];
  };
  const find = (name: string, value: string) => body.querySelector(`[data-${name}="${CSS.escape(value)}"]`);
  const guests = resources.map((sid) => find("sid", sid)).filter((one) => one !== null).map(middle);
  if (type !== "node-affinity") {
    return guests.slice(1).map((to, at) => ({ from: guests[at] as [number, number], to }));
  }
  const heads = nodes.map(({ node }) => find("node", node)?.querySelector("h3") ?? null);
  const corner = (element: Element): [number, number] => [
    Math.round(element.getBoundingClientRect().left - origin.left),
    middle(element)[1],
  ];
  const ends = heads.filter((one) => one !== null).map(corner);
  return guests.flatMap((from) => ends.map((to) => ({ from, to })));
}

/** The lines; their text stands above the map. */
export function linesView(rule: Rule | undefined): TemplateResult | typeof nothing {
  if (!rule || !lines.length) return nothing;
  const line = ({ from, to }: Line) => svg`<line x1=${from[0]} y1=${from[1]} x2=${to[0]} y2=${to[1]}></line>`;
  return html`<svg class="map-lines" aria-hidden="true" data-kind=${rule.affinity === "negative" ? "apart" : "together"}>${lines.map(line)}</svg>`;
}

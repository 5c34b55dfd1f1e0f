/** A move seen as a move: a guest that is on another node now glides there. */

import { state } from "../core/store.js";

const GLIDE_MS = 700;
/** More than so many at once are no moves that an eye can follow. */
const MOST = 40;

let places = new Map<string, string | null>();

/** Before the map is drawn anew: see who moved, and let them glide from where they stand. */
export function followMoves(): void {
  const resources = state.snapshot?.resources ?? [];
  const moved = resources.filter(({ sid, node }) => places.has(sid) && places.get(sid) !== node);
  places = new Map(resources.map(({ sid, node }) => [sid, node]));
  if (!moved.length || moved.length > MOST || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const before = moved.map(({ sid }) => [sid, boxOf(sid)] as const);
  requestAnimationFrame(() => {
    for (const [sid, box] of before) if (box) glide(sid, box);
  });
}

function elementOf(sid: string): HTMLElement | null {
  return document.querySelector(`#map [data-sid="${CSS.escape(sid)}"]`);
}

function boxOf(sid: string): DOMRect | undefined {
  return elementOf(sid)?.getBoundingClientRect();
}

function glide(sid: string, from: DOMRect): void {
  const element = elementOf(sid);
  if (!element) return;
  const to = element.getBoundingClientRect();
  const start = `translate(${from.left - to.left}px, ${from.top - to.top}px)`;
  element.animate([{ transform: start }, { transform: "none" }], { duration: GLIDE_MS, easing: "ease-in-out" });
}

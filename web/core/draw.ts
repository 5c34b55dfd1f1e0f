/** Drawing: views are functions of the state, drawn again after every change of it. */

import { render } from "lit/html.js";

import { subscribe } from "./store.js";

export type View = () => unknown;

const drawn = new Map<HTMLElement, View>();
let isDue = false;

/** Draw a view into an element, now and after every change; answers what ends it. */
export function show(root: HTMLElement, view: View): () => void {
  drawn.set(root, view);
  render(view(), root);
  return () => {
    drawn.delete(root);
  };
}

/** Draw everything again, soon and once, as something has changed that the state does not hold. */
export function redraw(): void {
  if (isDue) return;
  isDue = true;
  queueMicrotask(drawNow);
}

/** Draw everything again at once: for those who go on with what is drawn. */
export function drawNow(): void {
  isDue = false;
  for (const [root, view] of [...drawn]) render(view(), root);
}

subscribe(redraw);

/** How much room the screen gives to what stands beside the page. */

import { redraw } from "./draw.js";

const besideThePage = matchMedia("(min-width: 1200px)");
const twoBesideThePage = matchMedia("(min-width: 1800px)");

for (const one of [besideThePage, twoBesideThePage]) one.addEventListener("change", redraw);

/** Whether there is room beside the page. */
export function hasRoomBeside(): boolean {
  return besideThePage.matches;
}

/** What can stand beside the page: the laboratory, and the panel of reasons. */
export type Side = "lab" | "panel";

const opened = new Set<Side>();
/** Which of the two was asked for last: it stays where there is no room for both. */
let front: Side = "lab";

/** Open one, or close it. */
export function openSide(side: Side, isOpen: boolean): void {
  if (isOpen) {
    opened.add(side);
    front = side;
  } else opened.delete(side);
  redraw();
}

/** Whether one is open, in sight or folded away for the other. */
export function isSideOpen(side: Side): boolean {
  return opened.has(side);
}

/** Whether one is folded to a tab as the other has its place. */
export function givesWay(side: Side): boolean {
  const isCrowded = hasRoomBeside() && !twoBesideThePage.matches && opened.size > 1;
  return isCrowded && opened.has(side) && front !== side;
}

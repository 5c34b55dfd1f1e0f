/** Where on the page something can lie for a while that must cover no control and no state. */

const TAKEN = "a[href], button, input, select, textarea, summary, [tabindex='0'], .pill, .strip";
const WIDTHS = [400, 320, 240];
const STEP = 4;
const GAP = 8;

interface Place {
  left: number;
  top: number;
  /** How far from the top right corner. */
  cost: number;
}

/** Put an element as near to the top right as it covers nothing there; it scrolls with what it lies on. */
export function putInClearPlace(element: HTMLElement): void {
  const taken = takenPlaces(element);
  let best: (Place & { width: number }) | null = null;
  for (const width of WIDTHS.filter((one) => one <= innerWidth - 2 * GAP)) {
    element.style.width = `${width}px`;
    const found = clearPlace(taken, width, element.offsetHeight, best?.cost ?? Number.POSITIVE_INFINITY);
    if (found) best = { ...found, width };
  }
  const { top, right } = bounds();
  const { width, left, top: at } = best ?? { width: WIDTHS.at(-1)!, left: right - WIDTHS.at(-1)!, top };
  element.style.width = `${width}px`;
  // Moved by a transform: a place that changes is no layout that shifts.
  element.style.transform = `translate(${Math.round(left + scrollX)}px, ${Math.round(at + scrollY)}px)`;
}

/** What is in sight and must not be covered. */
function takenPlaces(element: HTMLElement): DOMRect[] {
  return [...document.querySelectorAll(TAKEN)]
    .filter((one) => !element.contains(one) && one.checkVisibility({ contentVisibilityAuto: true }))
    .map((one) => one.getBoundingClientRect())
    .filter(({ bottom, top, width }) => width > 2 && bottom > 0 && top < innerHeight);
}

/** Below the status line, and left of what stands beside the page. */
function bounds(): { top: number; right: number } {
  const line = document.querySelector(".strip")?.getBoundingClientRect().bottom ?? 0;
  const right = document.querySelector("#main")?.getBoundingClientRect().right ?? innerWidth;
  return { top: line + STEP, right: right - GAP };
}

function clearPlace(taken: DOMRect[], width: number, height: number, limit: number): Place | null {
  const { top, right } = bounds();
  let best: Place | null = null;
  for (let at = top; at + height < innerHeight && at - top < (best?.cost ?? limit); at += STEP) {
    const beside = taken.filter((one) => one.bottom > at - STEP && one.top < at + height + STEP);
    const left = farthestClear(beside, right - width, width);
    const cost = at - top + (right - width - (left ?? 0)) / 2;
    if (left !== null && cost < (best?.cost ?? limit)) best = { left, top: at, cost };
  }
  return best;
}

/** The place farthest to the right in a band of the page where nothing stands in the way. */
function farthestClear(beside: DOMRect[], from: number, width: number): number | null {
  let left = from;
  while (left >= GAP) {
    const inTheWay = beside.filter((one) => one.right > left - STEP && one.left < left + width + STEP);
    if (!inTheWay.length) return left;
    left = Math.min(...inTheWay.map((one) => one.left)) - STEP - width;
  }
  return null;
}

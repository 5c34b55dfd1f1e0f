/** Where on the page something can lie for a while that must cover no control, and no state if that can be helped. */

const CONTROLS = "a[href], button, input, select, textarea, summary, [tabindex='0'], .strip, .toast.is-placed";
const STATES = `${CONTROLS}, .pill`;
const WIDTHS = [400, 320, 240];
const STEP = 4;
const GAP = 8;

interface Place {
  left: number;
  top: number;
  width: number;
  /** How far from the top right corner. */
  cost: number;
}

/** Put an element as near to the top right as it covers nothing there; it scrolls with what it lies on. */
export function putInClearPlace(element: HTMLElement): void {
  element.classList.remove("is-placed");
  const found = bestPlace(element, STATES) ?? bestPlace(element, CONTROLS);
  const { top, right } = bounds();
  const width = widths()[0] ?? right;
  const place = found ?? { left: right - width, top, width };
  element.style.width = `${place.width}px`;
  // Moved by a transform: a place that changes is no layout that shifts.
  element.style.transform = `translate(${Math.round(place.left + scrollX)}px, ${Math.round(place.top + scrollY)}px)`;
  element.classList.add("is-placed");
}

function widths(): number[] {
  const whole = bounds().right - GAP;
  return [...new Set([Math.min(whole, 400), ...WIDTHS.filter((one) => one < whole)])];
}

/** The best place of all widths that leaves alone what is named. */
function bestPlace(element: HTMLElement, named: string): Place | null {
  const taken = takenPlaces(element, named);
  let best: Place | null = null;
  for (const width of widths()) {
    element.style.width = `${width}px`;
    best = clearPlace(taken, width, element.offsetHeight, best) ?? best;
  }
  return best;
}

/** What is in sight and must not be covered. */
function takenPlaces(element: HTMLElement, named: string): DOMRect[] {
  return [...document.querySelectorAll(named)]
    .filter((one) => one !== element && !element.contains(one) && one.checkVisibility({ contentVisibilityAuto: true }))
    .map((one) => one.getBoundingClientRect())
    .filter(({ bottom, top, width }) => width > 2 && bottom > 0 && top < innerHeight);
}

/** Below the status line, and left of what stands beside the page. */
function bounds(): { top: number; right: number } {
  const line = document.querySelector(".strip")?.getBoundingClientRect().bottom ?? 0;
  const right = document.querySelector("#main")?.getBoundingClientRect().right ?? innerWidth;
  return { top: line + STEP, right: right - GAP };
}

/** A place of a width that is better than the best so far, or null. */
function clearPlace(taken: DOMRect[], width: number, height: number, before: Place | null): Place | null {
  const { top, right } = bounds();
  const limit = () => (best ?? before)?.cost ?? Number.POSITIVE_INFINITY;
  let best: Place | null = null;
  for (let at = top; at + height < innerHeight && at - top < limit(); at += STEP) {
    const beside = taken.filter((one) => one.bottom > at - STEP && one.top < at + height + STEP);
    const left = farthestClear(beside, right - width, width);
    const cost = at - top + (right - width - (left ?? 0)) / 2;
    if (left !== null && cost < limit()) best = { left, top: at, width, cost };
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

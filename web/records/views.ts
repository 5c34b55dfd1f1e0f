/** The views of the page of history, and the address that says which of them is shown. */

import { redraw } from "../core/draw.js";
import { leavePast } from "../core/past.js";
import { addressFor } from "../core/place.js";

export const VIEWS = ["list", "lanes", "availability", "deeds", "moment"] as const;
export type ViewName = (typeof VIEWS)[number];

type Opener = () => void;
const openers = new Map<ViewName, Opener>();

/** Say what is to be done when a view is opened. */
export function whenOpened(view: ViewName, opener: Opener): void {
  openers.set(view, opener);
}

/** The part of the address behind the question mark. */
export function asked(): URLSearchParams {
  return new URLSearchParams(location.search);
}

/** The view that is shown. */
export function viewShown(): ViewName {
  const named = asked().get("view");
  return VIEWS.find((one) => one === named) ?? "list";
}

/** The address of a view. */
export function addressOf(view: ViewName, more: Record<string, string> = {}): string {
  return addressFor(`/history?${new URLSearchParams({ view, ...more })}`);
}

/** Go to a view. */
export function goTo(view: ViewName, more: Record<string, string> = {}): void {
  history.pushState(null, "", addressOf(view, more));
  opened();
}

/** Keep in the address what is shown, without a step to go back to. */
export function note(view: ViewName, more: Record<string, string>): void {
  history.replaceState(null, "", addressOf(view, more));
}

/** Have the view of the address opened. */
export function opened(): void {
  const view = viewShown();
  if (view !== "moment") leavePast();
  openers.get(view)?.();
  redraw();
}

addEventListener("popstate", opened);

/** The time of a field for date and time, as it writes it: in the reader's own time zone. */
export function fieldTime(ms: number): string {
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 19);
}

/** The milliseconds of a field for date and time; null where it is empty. */
export function timeOf(field: HTMLInputElement): number | null {
  const ms = new Date(field.value).getTime();
  return Number.isNaN(ms) ? null : ms;
}

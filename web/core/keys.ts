/** Keys of the whole page: single letters, while nothing is typed anywhere. */

import { openKeys } from "../parts/keys-help.js";
import { markMany, marksMany } from "../parts/marks.js";
import { beginSearch, chooseNone, chosen, doWithChosen, walk } from "../parts/resources.js";
import { addressFor } from "./place.js";

/** What follows a `g`: where to go. */
const PLACES: Record<string, string> = {
  h: "/",
  t: "/whatif",
  i: "/history",
  m: "/maintenance",
  p: "/plans",
  d: "/drill",
  a: "/alerts",
  "?": "/help",
};

const KEYS: Record<string, () => void> = {
  "/": beginSearch,
  ArrowDown: () => walk(1),
  ArrowUp: () => walk(-1),
  Enter: () => doWithChosen("edit"),
  e: () => doWithChosen("edit"),
  m: () => doWithChosen("move"),
  w: () => document.querySelector<HTMLElement>("#resources tr.chosen .why-button")?.click(),
  Delete: () => doWithChosen("remove"),
  x: () => markMany(!marksMany()),
  Escape: chooseNone,
  "?": openKeys,
};
const TYPING = "input:not([type=radio], [type=checkbox]), select, textarea, [contenteditable]";
/** Elements that have a use of their own for these keys. */
const OWN_USE = "a, button, summary, [role=menuitem], [tabindex='0']";
const LEADER_MS = 1500;
let ledAt = Number.NEGATIVE_INFINITY;

function pressed(event: KeyboardEvent): void {
  const { key, target } = event;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open], :popover-open")) return;
  if (!(target instanceof Element) || target.matches(TYPING)) return leaveSearch(event);
  if (isOwnUse(target, key)) return;
  if (performance.now() - ledAt < LEADER_MS) return goTo(event);
  if (key === "g") ledAt = performance.now();
  const deed = KEYS[key];
  if (!deed || !hasList(key)) return;
  event.preventDefault();
  deed();
}

/** Whether what has the focus does something of its own with a key. */
function isOwnUse(target: Element, key: string): boolean {
  if (target.matches("[type=radio]")) return key.startsWith("Arrow") || key === " ";
  if (target.matches("[type=checkbox]")) return key === " ";
  return target.closest(OWN_USE) !== null && ["Enter", " ", "ArrowDown", "ArrowUp"].includes(key);
}

/** Keys of the list work where there is one, and arrows not before something of it is chosen. */
function hasList(key: string): boolean {
  if (key === "?") return true;
  if (!document.querySelector("#resources")) return false;
  return !key.startsWith("Arrow") || marksMany() || chosen() !== undefined;
}

function goTo(event: KeyboardEvent): void {
  ledAt = Number.NEGATIVE_INFINITY;
  const place = PLACES[event.key];
  if (!place) return;
  event.preventDefault();
  location.assign(addressFor(place));
}

/** Escape leaves the search field. */
function leaveSearch({ key, target }: KeyboardEvent): void {
  if (key === "Escape" && target instanceof HTMLElement && target.matches("[type=search]")) target.blur();
}

/** Listen to the keys. */
export function listenToKeys(): void {
  document.addEventListener("keydown", pressed);
}

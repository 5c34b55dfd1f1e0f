/** Asking for a course: the last one asked for is shown, under its own address. */

import { ApiError, asApiError } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { askCourse, type Course } from "../core/forecast.js";
import { queryOf, question, readAddress } from "./question.js";
import { addressFor } from "../core/place.js";

let course: Course | null = null;
let failure: ApiError | null = null;
let busy = false;
let asked = "";

/** The course that was played last, or why there is none. */
export function played(): { course: Course | null; failure: ApiError | null } {
  return { course, failure };
}

/** Whether a course is being played. */
export function isBusy(): boolean {
  return busy;
}

/** Ask for the course; an answer that a newer question has overtaken is left alone. */
export async function play(): Promise<void> {
  const wanted = queryOf(question);
  const key = String(wanted);
  const address = addressFor(key ? `/whatif?${key}` : "/whatif");
  if (`${location.pathname}${location.search}` !== address) history.pushState(null, "", address);
  [busy, failure, asked] = [true, null, key];
  redraw();
  try {
    const told = await askCourse(wanted);
    if (asked !== key) return;
    course = told;
  } catch (thrown) {
    if (asked !== key) return;
    [failure, course] = [asApiError(thrown), null];
  }
  busy = false;
  redraw();
}

/** Show the course of an address of this page. */
export function open(address: string): void {
  history.pushState(null, "", address);
  readAddress();
  void play().then(() => document.querySelector<HTMLElement>("#course-title")?.focus());
}

/** Play what the address asks, if it asks anything. */
export function playAddress(): void {
  readAddress();
  if (String(queryOf(question))) void play();
}

addEventListener("popstate", playAddress);

/** The line to the console: one event stream, watched, and picked up again by itself. */

import type { PageModel } from "../model.js";
import { asApiError, doorkeeper, get } from "./api.js";
import type { Session } from "./own-model.js";
import {
  change,
  type Line,
  receiveBeat,
  receiveChange,
  receivePage,
  receiveWhole,
  state,
} from "./store.js";
import { addressFor } from "./place.js";

/** A beat comes every five seconds: a line that says nothing for longer is asked whether it is there. */
const SILENCE_MS = 8000;
/** How long a page that nobody sees keeps its line: browsers have few lines to one address. */
const UNSEEN_MS = 60_000;
const FIRST_RETRY_MS = 200;
const RETRY_MS = [FIRST_RETRY_MS, 1000, 2000, 4000, 8000];

let source: EventSource | null = null;
let failures = 0;
let retryTimer: number | undefined;
let restTimer: number | undefined;
let resting = false;

/** Open the stream, or open it anew. */
export function connect(): void {
  clearTimeout(retryTimer);
  resting = false;
  source?.close();
  source = new EventSource(addressFor("/api/stream"));
  source.addEventListener("whole", (event: MessageEvent) => {
    failures = 0;
    receiveWhole(JSON.parse(event.data as string));
  });
  source.addEventListener("change", (event: MessageEvent) => {
    // A change of what this page does not have says nothing: the whole is asked for again.
    if (!receiveChange(JSON.parse(event.data as string))) connect();
  });
  source.addEventListener("beat", (event: MessageEvent) => receiveBeat(JSON.parse(event.data as string)));
  source.addEventListener("renew", () => connect());
  source.addEventListener("session", () => void sessionEnded());
  source.addEventListener("error", () => broken());
}

/** Look after the line: silence is as bad as an error. */
export function watch(): void {
  setInterval(() => {
    const silent = state.heardAt !== null && performance.now() - state.heardAt > SILENCE_MS;
    if (silent && state.line === "live" && !resting) broken();
  }, 1000);
  document.addEventListener("visibilitychange", () => restOrRise());
  addEventListener("online", () => connect());
}

/** Give the line up after a while in the background, and take it up when the page is seen again. */
function restOrRise(): void {
  clearTimeout(restTimer);
  if (!document.hidden) {
    if (resting) connect();
    return;
  }
  restTimer = window.setTimeout(() => {
    if (state.line !== "live") return;
    resting = true;
    source?.close();
  }, UNSEEN_MS);
}

/** Ask the console to ask the cluster now; a console that was away is back with its answer. */
export async function refresh(): Promise<void> {
  try {
    const wasLive = state.line === "live";
    const page = await get<PageModel>("/api/snapshot?fresh=1");
    // The stream may have told something newer while this answer was under way.
    const isOvertaken = state.line === "live" && state.snapshot !== null && page.now < state.snapshot.now;
    if (!isOvertaken) receivePage(page);
    if (!wasLive) connect();
  } catch (thrown) {
    if (asApiError(thrown).status !== 401) throw thrown;
    await sessionEnded();
  }
}

/** What a failed question makes of the line: a console that says why is there, its cluster is not. */
export function lineAfter(thrown: unknown): Line {
  return asApiError(thrown).isTold ? "deaf" : "lost";
}

/** The stream broke: once is nothing to speak of, twice is a line that is lost. */
function broken(line: Line = "lost"): void {
  source?.close();
  if ((failures > 0 || line === "deaf") && state.line !== line) change({ line });
  const wait = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)];
  failures += 1;
  clearTimeout(retryTimer);
  retryTimer = window.setTimeout(() => void tryAgain(), wait);
}

/** Find out whether the console is away or the session is over, and act on it. */
export async function tryAgain(): Promise<void> {
  clearTimeout(retryTimer);
  try {
    change({ session: await get<Session>("/api/session") });
    connect();
  } catch (thrown) {
    if (asApiError(thrown).status === 401) await sessionEnded();
    else broken(lineAfter(thrown));
  }
}

/** Close the line, as the session is over: it is not the console that is away. */
export function hangUp(): void {
  clearTimeout(retryTimer);
  source?.close();
  failures = 0;
  change({ line: "ended" });
}

async function sessionEnded(): Promise<void> {
  await doorkeeper.logInAgain();
}

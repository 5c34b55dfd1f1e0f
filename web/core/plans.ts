/** Plans: what was collected, what it would do, and what was applied; the console is asked again and again. */

import { get, write } from "./api.js";
import { ApiError, asApiError } from "./api.js";
import { redraw } from "./draw.js";

export interface Entry {
  kind: string;
  name: string;
  /** The word for its kind. */
  says: string;
  gone: boolean;
  values: Record<string, unknown>;
  by: string;
}

export interface Applied {
  number: number;
  who: string;
  why: string;
  began: number;
  state: "open" | "done" | "stopped" | "undone";
  done: number;
  steps: string[];
  undoes: number | null;
  stopped: string | null;
}

export interface Told {
  entries: Entry[];
  digest: string;
  approved_by: string[];
  four_eyes: boolean;
  busy: boolean;
  records: Applied[];
}

export interface Look {
  digest: string;
  says: string;
  steps: { verb: "add" | "set" | "remove"; says: string; notes: string[] }[];
  bearing: string[];
  trouble: string[];
  repairs_of: Record<string, string[]>;
  conflicts: unknown[];
}

const EVERY_MS = 2000;

let told: Told | null = null;
let failure: ApiError | null = null;
/** The number of the newest answer that was waited for. */
let newest = 0;

/** What the console told last. */
export function plansTold(): Told | null {
  return told;
}

/** Why it tells nothing now. */
export function plansFailure(): ApiError | null {
  return failure;
}

/** Keep asking from now on. */
export async function followPlans(): Promise<void> {
  await hearPlans();
  setTimeout(() => void followPlans(), EVERY_MS);
}

/** Ask once; an answer that was overtaken by a newer one is left alone. */
export async function hearPlans(): Promise<void> {
  const mine = ++newest;
  try {
    const answer = await get<Told>("/api/plans");
    if (mine === newest) [told, failure] = [answer, null];
  } catch (thrown) {
    if (mine === newest) failure = asApiError(thrown);
  }
  redraw();
}

/** Ask what the draft would do. */
export function lookAtPlan(): Promise<Look> {
  return get<Look>("/api/plans/look");
}

/** Put an entry into the draft; without values it shall not be any more. */
export async function collect(kind: string, name: string, values: object | null): Promise<void> {
  await write("POST", "/api/plans/entries", { kind, name, values });
}

/** Put everything that a file names into the draft. */
export async function collectFile(text: string): Promise<void> {
  await write("POST", "/api/plans/entries", { text });
  await hearPlans();
}

/** Take an entry out of the draft. */
export async function leaveOut({ kind, name }: Entry): Promise<void> {
  await write("DELETE", `/api/plans/entries/${kind}/${encodeURIComponent(name)}`);
  await hearPlans();
}

/** Approve, apply, resume, undo or discard. */
export async function act(what: string, body: object = {}): Promise<void> {
  await write("POST", `/api/plans/${what}`, body);
  await hearPlans();
}

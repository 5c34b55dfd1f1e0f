/** The redundancy check as the console tells it; it is asked again and again. */

import { ApiError, asApiError, get, write } from "./api.js";
import { redraw } from "./draw.js";

export interface Consent {
  role: "examiner" | "approver";
  name: string;
  user: string;
  at_s: number;
}

export interface Proposal {
  form: Record<string, string>;
  faults: { how: string; node: string }[];
  by: string;
  lab: boolean;
  digest: string;
  consents: Consent[];
}

export interface Course {
  title: string;
  waits: string | null;
  after_s: number;
  steps: { fault: string; after_s: number; says: string }[];
  trouble: string | null;
  result: "pass" | "fail" | null;
}

export interface Told {
  busy: boolean;
  report: boolean;
  proposal?: Proposal;
  course?: Course;
}

const EVERY_MS = 1000;

let told: Told | null = null;
let failure: ApiError | null = null;
let newest = 0;

/** What the console told last. */
export function drillTold(): Told | null {
  return told;
}

/** Why it tells nothing now. */
export function drillFailure(): ApiError | null {
  return failure;
}

/** Keep asking from now on. */
export async function followDrill(): Promise<void> {
  await hearDrill();
  setTimeout(() => void followDrill(), EVERY_MS);
}

/** Ask once; an answer that was overtaken by a newer one is left alone. */
export async function hearDrill(): Promise<void> {
  const mine = ++newest;
  try {
    const answer = await get<Told>("/api/drill");
    if (mine === newest) [told, failure] = [answer, null];
  } catch (thrown) {
    if (mine === newest) failure = asApiError(thrown);
  }
  redraw();
}

/** Propose, agree, start, say that something is done, or withdraw. */
export async function actDrill(what: string, body: object = {}): Promise<void> {
  await write("POST", `/api/drill/${what}`, body);
  await hearDrill();
}

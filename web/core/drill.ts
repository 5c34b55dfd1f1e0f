/** The redundancy check as the console tells it; it is asked again and again. */

import { write } from "./api.js";
import { Followed } from "./followed.js";

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
  /** Whether it can be gone on with in spite of the trouble. */
  can_go_on: boolean;
  result: "pass" | "fail" | null;
  /** What became of each resource, in the language of the report. */
  outcomes: string[];
}

export interface Told {
  busy: boolean;
  report: boolean;
  proposal?: Proposal;
  course?: Course;
}

/** The check as it stands. */
export const drill = new Followed<Told>("/api/drill", 1000);

/** Propose, agree, start, say that something is done, go on, stop, or withdraw. */
export async function actDrill(what: string, body: object = {}): Promise<void> {
  await write("POST", `/api/drill/${what}`, body);
  await drill.hear();
}

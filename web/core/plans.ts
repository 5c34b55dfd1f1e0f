/** Plans: what was collected, what it would do, and what was applied; the console is asked again and again. */

import { get, write } from "./api.js";
import { Followed } from "./followed.js";

export interface Entry {
  kind: string;
  name: string;
  /** The word for its kind, and its name as people read it. */
  says: string;
  shown: string;
  gone: boolean;
  values: Record<string, unknown>;
  by: string;
}

export interface Applied {
  number: number;
  who: string;
  why: string;
  began: number;
  state: "open" | "done" | "stopped" | "undone" | "closed";
  done: number;
  steps: string[];
  undoes: number | null;
  stopped: string | null;
  /** Who approves of undoing it. */
  undo_approved_by: string[];
}

export interface UndoLook {
  number: number;
  steps: { says: string; notes: string[] }[];
  /** What would not stand in its old place of the file. */
  places: string[];
}

export interface Told {
  entries: Entry[];
  digest: string;
  approved_by: string[];
  four_eyes: boolean;
  busy: boolean;
  /** Who applies from elsewhere at this moment, as far as it is known. */
  elsewhere: string | null;
  /** Why the books of plans cannot be read or kept. */
  trouble: string | null;
  records: Applied[];
}

export interface Look {
  digest: string;
  /** What identifies exactly what is shown: the draft, what is configured, and the edits. */
  look: string;
  says: string;
  steps: { verb: "add" | "set" | "remove"; says: string; notes: string[] }[];
  bearing: string[];
  trouble: string[];
  repairs_of: Record<string, string[]>;
  conflicts: unknown[];
}

/** The draft, and what was applied. */
export const plans = new Followed<Told>("/api/plans", 2000);

/** Ask what the draft would do. */
export function lookAtPlan(): Promise<Look> {
  return get<Look>("/api/plans/look");
}

/** Ask what undoing an apply would do. */
export function lookAtUndo(number: number): Promise<UndoLook> {
  return get<UndoLook>(`/api/plans/undo/${number}`);
}

/** Put an entry into the draft; without values it shall not be any more. */
export async function collect(kind: string, name: string, values: object | null): Promise<void> {
  await write("POST", "/api/plans/entries", { kind, name, values });
}

/** Put everything that a file names into the draft. */
export async function collectFile(text: string): Promise<void> {
  await write("POST", "/api/plans/entries", { text });
  await plans.hear();
}

/** Take an entry out of the draft. */
export async function leaveOut({ kind, name }: Entry): Promise<void> {
  await write("DELETE", `/api/plans/entries/${kind}/${encodeURIComponent(name)}`);
  await plans.hear();
}

/** Approve, apply, resume, close, undo, approve an undo, or discard. */
export async function act(what: string, body: object = {}): Promise<void> {
  await write("POST", `/api/plans/${what}`, body);
  await plans.hear();
}

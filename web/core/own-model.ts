/** What the console tells beside the page model: who is logged in, and the laboratory. */

import type { Parts } from "../model.js";

/** A part of the page model that comes from one source. */
export type Source = keyof Parts;

/** Who is logged in. */
export interface Session {
  user: string;
  csrf: string;
  privileges: string[];
  lab: boolean;
  sees_guests?: boolean;
}

export interface LabNode {
  name: string;
  power: boolean;
  network: boolean;
}

export interface LabGuest {
  sid: string;
  running: boolean;
  fail_starts: number;
  /** The nodes on which it runs: more than one must never be. */
  runs_on?: string[];
}

export interface Laboratory {
  offered: boolean;
  now: number;
  speed: number;
  paused: boolean;
  nodes: LabNode[];
  guests: LabGuest[];
}

/** What happened: happenings and incidents as the console keeps them. */

import type { Node, Resource, Rule } from "../model.js";
import { get } from "./api.js";

export interface Happening {
  number: number;
  kind: string;
  whom: string;
  /** Milliseconds: it happened between these, at an instant where they are alike. */
  from: number;
  to: number;
  told: boolean;
  facts: Record<string, unknown>;
  says: string;
  because: string | null;
  /** What led to it, the first first. */
  chain: { kind: string; whom: string; at: number; who: string | null }[];
}

export interface HappeningsPage {
  rows: Happening[];
  after: string | null;
  cluster: string | null;
}

export interface Delivery {
  recipient: string;
  phase: string;
  state: string;
  why: string;
  subject: string;
  attempts: number;
  /** How often it is tried before it is given up. */
  most: number;
  /** When it is tried again, where it will be. */
  next: number | null;
  made: number;
  /** What the other side answered last. */
  answer: string;
}

export interface Incident {
  number: number;
  key: string;
  says: string;
  weight: "info" | "warning" | "critical";
  began: number;
  ended: number | null;
  /** The nodes that went with quorum. */
  nodes?: string[];
  affected: string[];
  waiting: string[];
  acknowledged_by: string | null;
  silenced_until: number | null;
  steps: { at: number; says: string }[];
  deliveries: Delivery[];
}

/** Ask for a page of happenings. */
export function askHistory(query: URLSearchParams): Promise<HappeningsPage> {
  return get<HappeningsPage>(`/api/history?${query}`);
}

/** Ask for the newest incidents. */
export function askIncidents(): Promise<{ rows: Incident[]; recipients: string[] }> {
  return get("/api/incidents");
}

/** What a node or a resource showed from a moment on. */
export interface Step {
  at: number;
  online?: boolean;
  lost?: boolean;
  ha_state?: string;
  node?: string;
  state?: string;
  down?: boolean;
  guest?: string;
  name?: string;
}

export interface Lane {
  part: "node" | "resource";
  whom: string;
  steps: Step[];
}

export interface Lanes {
  lanes: Lane[];
  /** How many more there are that are not told. */
  more: number;
  unseen: [number, number][];
  /** When the history begins. */
  began: number | null;
}

/** How a resource fared in a time. */
export interface Fared {
  sid: string;
  name: string | null;
  share: number | null;
  outages: number;
  longest_ms: number;
  up_ms: number;
  planned_ms: number;
  unplanned_ms: number;
  unknown_ms: number;
}

export interface Done {
  at: number;
  who: string | null;
  whence: string | null;
  says: string;
  result: "done" | "refused" | "failed";
}

/** The page as it stood: its rows lack the fields that had no value. */
export interface Moment {
  at: number;
  nodes: Node[];
  resources: Resource[];
  rules: Rule[];
  cluster?: { master?: string; quorum?: boolean };
}

/** Ask what everything showed within a time. */
export function askLanes(since: number, until: number, text: string): Promise<Lanes> {
  return get(`/api/history/lanes?${new URLSearchParams({ since: String(since), until: String(until), text })}`);
}

/** Ask how each resource fared within a time. */
export function askFared(since: number, until: number): Promise<{ rows: Fared[]; since: number; until: number }> {
  return get(`/api/history/availability?since=${since}&until=${until}`);
}

/** Ask who did what through the console. */
export function askDeeds(text: string, before: number | null): Promise<{ rows: Done[]; before: number | null }> {
  const asked = new URLSearchParams({ text, ...(before === null ? {} : { before: String(before) }) });
  return get(`/api/history/deeds?${asked}`);
}

/** Ask for the page as it stood at a moment. */
export function askMoment(at: number): Promise<Moment> {
  return get(`/api/history/moment?at=${at}`);
}

/** The last change of something. */
export interface Latest {
  kind: string;
  at: number;
  says: string;
}

/** Ask for the last change of each node, resource and rule. */
export function askLatest(): Promise<Record<string, Latest>> {
  return get("/api/history/latest");
}

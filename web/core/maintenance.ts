/** Maintenance as the console tells it: the plan, and the one that is under way; asked for again and again. */

import type { Failure } from "../model.js";
import { ApiError, asApiError, get, write } from "./api.js";
import type { Span, Verdict } from "./forecast.js";
import { redraw } from "./draw.js";
import { here } from "./place.js";

export const WAYS = ["mode", "command", "guests", "rule", "reboot"] as const;
export type Way = (typeof WAYS)[number];

export interface Move {
  sid: string;
  verdict: Verdict;
  node: string | null;
  how: string;
  after_s: Span | null;
  says: string;
}

export interface WayForecast {
  left: string[];
  traps: { kind: string; sids: string[] }[];
}

export interface PlanStep {
  node: string;
  empties: boolean;
  safe: boolean;
  bears: number | null;
  moves: Move[];
  returns: Move[];
  stuck: { sid: string; says: string }[];
  outside: { sid: string; node: string | null; says: string }[];
  off: { quorate: boolean; safe: boolean };
  further: { name: string; safe: boolean; nodes: string[] }[];
  ways: Partial<Record<Way, WayForecast>>;
}

export interface Plan {
  nodes: string[];
  steps: PlanStep[];
  bears: number | null;
  best: { keep: number; order: string[] | null; whole: boolean };
  digest: string;
  whole: boolean;
  offers: Way[];
  policy: string | null;
  ceph?: { health: string; noout: boolean; well?: boolean } | null;
}

export interface Trouble {
  code: string;
  what: string;
  sid: string;
  error?: Partial<Failure>;
}

export interface Stop {
  node: string;
  moves: Record<string, string>;
  outside: Record<string, string>;
  /** Who comes back by itself afterwards, and to where. */
  returns?: Record<string, string>;
  /** The nodes that must not fail meanwhile. */
  unborne?: string[];
}

export interface Work {
  who: string;
  began: number;
  ended: number | null;
  way: Way;
  at: number;
  phase: "emptying" | "returning" | "gate" | "ended";
  paused: boolean;
  aborted: boolean;
  passed: boolean;
  keep: number | null;
  stops: Stop[];
  brought: Record<string, string>;
  trouble: Trouble | null;
  rule: string;
  log: { at: number; what: string; node: string; sid: string; who: string }[];
}

export interface Look {
  there: boolean;
  state: string | null;
  in_maintenance: boolean;
  doubts: string[];
  running: string[];
  hidden: number;
  resources: string[];
  awaited: string[];
  /** The resources that HA still means to bring back. */
  returning?: string[];
  tasks: { type: string; id: string }[];
}

export interface Told {
  work: Work | null;
  empty?: boolean;
  look?: Look | null;
  gate?: { kind: string; ok: boolean; names: string[] }[];
  /** The next node's turn as it would be now. */
  planned?: Stop | null;
  waits_for_login?: boolean;
  blind?: Partial<Failure> | null;
}

const EVERY_MS = 2000;
/** On other pages it is enough to know that there is one. */
const ELSEWHERE_MS = 10_000;
/** What was told longer ago says nothing about whether a node is empty. */
const FRESH_MS = 6000;

let told: Told | null = null;
/** When that was asked for. */
let toldAt = -Infinity;
/** What was asked for before may be overtaken by what is told. */
let overtakenBefore = -Infinity;
let failure: ApiError | null = null;

/** What the console told last. */
export function maintenanceTold(): Told | null {
  return told;
}

/** Why it tells nothing now. */
export function maintenanceFailure(): ApiError | null {
  return failure;
}

/** Whether the node at hand may be worked on: told a moment ago, and by nothing else. */
export function isEmptyNow(): boolean {
  return Boolean(told?.empty) && failure === null && performance.now() - toldAt <= FRESH_MS;
}

/** The maintenance under way; nothing where there is none. */
export function maintenanceUnderWay(): Work | null {
  const work = told?.work;
  return work && work.phase !== "ended" ? work : null;
}

/** Keep asking from now on, unless this user may not know. */
export async function followMaintenance(): Promise<void> {
  await look();
  if (failure?.status === 403) return;
  const isHere = here() === "/maintenance";
  setTimeout(() => void followMaintenance(), isHere ? EVERY_MS : ELSEWHERE_MS);
}

async function look(): Promise<void> {
  const began = performance.now();
  try {
    hear(await get<Told>("/api/maintenance"), began);
  } catch (thrown) {
    failure = asApiError(thrown);
  }
  redraw();
}

/** Hear the answer to a look, unless it was overtaken by a newer one, or by a change that was answered meanwhile. */
function hear(answer: Told, began: number): void {
  if (began < overtakenBefore) return;
  [told, toldAt, overtakenBefore, failure] = [answer, began, began, null];
}

/** Change something, and hear how it is then; looks that began before that is answered may show what was. */
async function change(path: string, body: object): Promise<void> {
  const began = performance.now();
  const answer = await write<Told>("POST", path, body);
  [told, toldAt, overtakenBefore, failure] = [answer, began, performance.now(), null];
}

/** Ask what the maintenance of nodes in this order does. */
export function askPlan(nodes: string[]): Promise<Plan> {
  return get<Plan>(`/api/maintenance/plan?${new URLSearchParams(nodes.map((node) => ["node", node]))}`);
}

/** Begin what was agreed to. */
export function beginMaintenance({ nodes, digest }: Plan, agreed: { way: Way; accept: boolean; noout: boolean }): Promise<void> {
  return change("/api/maintenance", { nodes, digest, ...agreed });
}

/** Do something about the maintenance under way. */
export function actOnMaintenance(what: string, body: object = {}): Promise<void> {
  return change(`/api/maintenance/${what}`, body);
}

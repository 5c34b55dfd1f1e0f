/** What the console foretells: courses, reasons, advice, and the table of what the cluster bears. */

import type { Tone } from "../words/states.js";
import { asApiError, get } from "./api.js";
import { redraw } from "./draw.js";
import { isLineLost, may, state, subscribe } from "./store.js";

export type Verdict =
  | "back"
  | "squeezed"
  | "cannot_start"
  | "not_placed"
  | "no_quorum"
  | "stays"
  | "moves"
  | "stops";

/** The order in which verdicts are counted. */
export const VERDICTS: Verdict[] = [
  "back",
  "squeezed",
  "cannot_start",
  "not_placed",
  "no_quorum",
  "moves",
  "stops",
  "stays",
];

export const VERDICT_TONES: Record<Verdict, Tone> = {
  back: "ok",
  squeezed: "warn",
  cannot_start: "bad",
  not_placed: "bad",
  no_quorum: "bad",
  moves: "info",
  stops: "warn",
  stays: "idle",
};

export type Span = [from: number, to: number];

export interface Fate {
  verdict: Verdict;
  from: string | null;
  node: string | null;
  after_s: Span | null;
  how: string;
  says: string;
  possible?: { verdict: Verdict; node: string | null }[];
}

export interface Use {
  assigned_memory: number;
  used_memory: number;
  used_cores: number;
}

export interface CourseNode {
  online: [before: boolean, after: boolean];
  cores: number;
  memory: number;
  before: Use;
  after: Use;
  overfull: boolean;
}

export interface Phase {
  what: string;
  at_s: Span;
  node?: string;
  sid?: string;
  says: string;
}

export interface Course {
  capture: string;
  quorate: boolean;
  resets: string[];
  resources: Record<string, Fate>;
  outside_ha: string[];
  nodes: Record<string, CourseNode>;
  phases: Phase[];
  assumptions: { kind: string; says: string }[];
  endless: boolean;
  to_and_fro: string[];
}

export interface Why {
  sid: string;
  node: string | null;
  state: string;
  runs: boolean;
  says: string;
  objections: { node: string; kind: string; rules: string[]; says: string }[];
  without: { without: string; node: string | null; moves: string[]; says: string }[];
  when_its_node_is_lost: { verdict: Verdict; node: string | null; says: string }[];
  contradicting: string[];
  repairs: Repair[];
}

/** A change after which a resource comes back; `applies` is the change in its parts. */
export interface Repair {
  kind: string;
  change: string;
  applies: { verb: string; subject: string; values: Record<string, string> };
  verdict: Verdict;
  node: string | null;
  price: { moves: string[]; worse: string[] };
  says: string;
}

export interface TableFate {
  verdict: Verdict;
  node: string | null;
  rules?: string[];
  missing?: string[];
}

export interface TableRow {
  kind: string;
  name: string;
  nodes: string[];
  split: string[][];
  quorate: boolean;
  resets: string[];
  safe: boolean;
  worst: Verdict;
  counts: Partial<Record<Verdict, number>>;
  /** What becomes of each that is struck; of one that is lost, the rules for it or what its node lacks. */
  resources: Record<string, TableFate[]>;
  outside_ha: string[];
}

export interface Table {
  rows: TableRow[];
  /** The nodes that would reset themselves if quorum were lost now. */
  armed?: string[] | null;
  done: number;
  of: number;
  fresh: boolean;
  at: number | null;
  trouble: string | null;
  /** Counts the tables that were whole. */
  number?: number;
}

export interface Advice {
  moves: { sid: string; verdict: Verdict; node: string | null; how: string }[];
  worse: string[];
  endless: boolean;
  before: TableRow[];
  after: TableRow[];
}

export interface Score {
  losses: number;
  fates: { hits: number; of: number };
  times: { hits: number; of: number };
  misses: { sid: string; said: string; came: string; because: string }[];
}

const EVERY_MS = 10_000;
const WHILE_WORKING_MS = 1000;

let table: Table | null = null;
let isAsked = false;
let isRefused = false;
let timer: ReturnType<typeof setTimeout> | undefined;

/** The table as it was told last; asking for it once keeps it coming. */
export function knownTable(): Table | null {
  if (!isAsked && may("Sys.Audit")) {
    isAsked = true;
    void askForTable();
  }
  return table;
}

/** Whether the table is told only to somebody who may see more. */
export function isTableRefused(): boolean {
  return isRefused || (state.session !== null && !may("Sys.Audit"));
}

/** Whether nobody sees the cluster now: what the table says may hold no longer. */
export function isBlind(): boolean {
  return isLineLost() || state.snapshot?.fresh === false;
}

/** Whether the table that is known holds of what the page shows, as far as the console can tell. */
export function isTableFresh(): boolean {
  const outlook = state.snapshot?.outlook;
  if (!table?.fresh || table.trouble || isBlind()) return false;
  return !outlook || (outlook.fresh && outlook.number === (table.number ?? outlook.number));
}

let isAsking = false;

async function askForTable(): Promise<void> {
  clearTimeout(timer);
  if (isAsking) return;
  isAsking = true;
  try {
    table = await get<Table>("/api/forecast/table");
    isRefused = false;
  } catch (thrown) {
    // Without the right to it, or without the console, there is just no table.
    table = null;
    isRefused = asApiError(thrown).status === 403;
  } finally {
    isAsking = false;
  }
  redraw();
  if (isRefused) return;
  timer = setTimeout(askForTable, isTableFresh() ? EVERY_MS : WHILE_WORKING_MS);
}

/** What becomes of a resource that does not run afterwards. */
export const LOST: Verdict[] = ["cannot_start", "not_placed", "no_quorum"];

/** The resources that a case may leave without a place to run. */
export function lostIn({ resources }: Pick<TableRow, "resources">): string[] {
  return Object.keys(resources).filter((sid) => resources[sid]?.some(({ verdict }) => LOST.includes(verdict)));
}

/** Rows of single nodes that would not be borne. */
export function redRows(known: Table): TableRow[] {
  return known.rows.filter((row) => row.kind === "node" && !row.safe);
}

/** Ask what becomes of the cluster. */
export function askCourse(query: URLSearchParams): Promise<Course> {
  return get<Course>(`/api/forecast/course?${query}`);
}

/** Ask why a resource is where it is. */
export function askWhy(sid: string): Promise<Why> {
  return get<Why>(`/api/forecast/why/${encodeURIComponent(sid)}`);
}

/** Ask what changes would do. */
export function askAdvice(query: URLSearchParams): Promise<Advice> {
  return get<Advice>(`/api/forecast/advice?${query}`);
}

/** Ask how many more guests of a size fit before the tolerance is lost. */
export async function askFit(memoryGib: number, cores: number): Promise<number> {
  const size = new URLSearchParams({ size: `memory=${memoryGib}GiB,cores=${cores}` });
  return (await get<{ count: number }>(`/api/forecast/fit?${size}`)).count;
}

/** Ask how often forecasts came true. */
export function askScore(): Promise<Score> {
  return get<Score>("/api/forecast/score");
}

subscribe((names) => {
  // What came too early, before anybody was known, is asked again.
  if (names.includes("session") && state.session) isAsked = table !== null;
  const isNew = table !== null && (state.snapshot?.outlook?.number ?? 0) > (table.number ?? 0);
  if (names.includes("snapshot") && isNew) void askForTable();
});

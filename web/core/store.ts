/** The page's one state: the session, the page model, the lab, and the line to the console. */

import type {
  Beat,
  Change,
  Features,
  Guest,
  PageModel,
  Resource,
  Rule,
  Whole,
} from "../model.js";
import type { Laboratory, Session } from "./own-model.js";

/** How the line to the console is: `deaf` is a console whose cluster does not answer. */
export type Line = "connecting" | "live" | "lost" | "deaf" | "ended";

export interface State {
  session: Session | null;
  snapshot: PageModel | null;
  lab: Laboratory | null;
  line: Line;
  /** performance.now() in ms when the last word came from the console; its times are those of this moment. */
  heardAt: number | null;
}

type Listener = (names: (keyof State)[]) => void;
type ListName = "nodes" | "resources" | "guests" | "rules";
type Row = Record<string, unknown>;

interface ListPlan {
  key: string;
  compare: (one: Row, other: Row) => number;
}

const listeners = new Set<Listener>();

/** Read it anywhere; change it only with `change`. */
export const state: State = {
  session: null,
  snapshot: null,
  lab: null,
  line: "connecting",
  heardAt: null,
};

/** Call a function after every change, with the names of what changed. */
export function subscribe(listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Change parts of the state and tell everyone. */
export function change(parts: Partial<State>): void {
  Object.assign(state, parts);
  const names = Object.keys(parts) as (keyof State)[];
  for (const listener of [...listeners]) listener(names);
}

/** The version of the page model that the stream told last; a page that was asked for has none. */
let version: number | null = null;

const LISTS: Record<ListName, ListPlan> = {
  nodes: { key: "name", compare: by("name") },
  resources: { key: "sid", compare: by("vmid", "sid") },
  guests: { key: "sid", compare: by("vmid", "sid") },
  rules: { key: "rule", compare: by("order", "rule") },
};

/** Compare rows by their fields, the first that differ. */
function by(...names: string[]): ListPlan["compare"] {
  return (one, other) => {
    for (const name of names) {
      const [a, b] = [one[name] ?? 0, other[name] ?? 0] as [string, string];
      if (a !== b) return a < b ? -1 : 1;
    }
    return 0;
  };
}

function byNumber(one: Resource, other: Resource): number {
  return LISTS.resources.compare(one as unknown as Row, other as unknown as Row);
}

/** Take a whole page model in, as the newest truth; its resources by their numbers, of whichever type. */
export function receivePage(page: PageModel): void {
  version = null;
  const resources = kept(state.snapshot?.resources ?? [], [...page.resources].sort(byNumber));
  change({ snapshot: { ...page, resources }, line: "live", heardAt: performance.now() });
}

/** Rows that say what they said are those of before: whoever draws them sees that nothing changed. */
function kept(before: Resource[], now: Resource[]): Resource[] {
  const bySid = new Map(before.map((row) => [row.sid, row]));
  return now.map((row) => {
    const then = bySid.get(row.sid);
    return then && isAlike(then, row) ? then : row;
  });
}

function isAlike(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (!one || !other || typeof one !== "object" || typeof other !== "object") return false;
  const [names, others] = [Object.keys(one), Object.keys(other)];
  return names.length === others.length && names.every((name) => isAlike((one as Row)[name], (other as Row)[name]));
}

/** Take in what a stream begins with: the whole, of which the changes are told from now on. */
export function receiveWhole(whole: Whole): void {
  receivePage(whole.page);
  version = whole.version;
}

/** Take in what has changed; false where it is no change of what we have. */
export function receiveChange(told: Change): boolean {
  const before = state.snapshot;
  if (!before || told.since !== version) return false;
  version = told.version;
  const lists: Partial<Record<ListName, Row[]>> = {};
  for (const name of Object.keys(LISTS) as ListName[]) {
    const rows = (told.rows[name] ?? []) as unknown as Row[];
    const gone = told.gone[name] ?? [];
    if (!rows.length && !gone.length) continue;
    lists[name] = merged(before[name] as unknown as Row[], rows, gone, LISTS[name]);
  }
  const snapshot = timed({ ...before, ...told.fields, ...lists } as PageModel, told);
  change({ snapshot, line: "live", heardAt: performance.now() });
  return true;
}

/** Take a sign of life in: the time, and how each part does. */
export function receiveBeat(beat: Partial<Beat>): void {
  const told = state.snapshot ? { snapshot: timed(state.snapshot, beat) } : {};
  change({ ...told, line: "live", heardAt: performance.now() });
}

/** A page model at another time. */
function timed(page: PageModel, { now, parts, clock, fresh }: Partial<Beat>): PageModel {
  const cluster = clock ? { ...page.cluster, clock } : page.cluster;
  return {
    ...page,
    cluster,
    now: now ?? page.now,
    fresh: fresh ?? page.fresh,
    parts: { ...page.parts, ...(parts ?? {}) },
  };
}

/** A list with the rows that changed in their places, those that came among them, and without the gone. */
function merged(list: Row[], rows: Row[], gone: string[], { key, compare }: ListPlan): Row[] {
  const byName = new Map(list.map((row) => [row[key], row]));
  for (const name of gone) byName.delete(name);
  for (const row of rows) byName.set(row[key], row);
  return [...byName.values()].sort(compare);
}

/** The console's time now, in Unix seconds, between its messages too. */
export function consoleNow(): number {
  if (!state.snapshot || state.heardAt === null) return Date.now() / 1000;
  return state.snapshot.now + (performance.now() - state.heardAt) / 1000;
}

/** The cluster's time now, in Unix seconds: what it writes is as old as its own clock says. */
export function clusterNow(): number {
  const clock = state.snapshot?.cluster.clock;
  if (!clock || clock.now === null || state.heardAt === null) return consoleNow();
  return clock.now + (clock.runs ? (performance.now() - state.heardAt) / 1000 : 0);
}

/** What the cluster's version knows. */
export function features(): Partial<Features> {
  return state.snapshot?.cluster.features ?? {};
}

/** Whether the console cannot be asked anything now. */
export function isLineLost(): boolean {
  return state.line === "lost" || state.line === "ended";
}

/** Whether the user holds a privilege. */
export function may(privilege: string): boolean {
  return Boolean(state.session?.privileges?.includes(privilege));
}

/** Whether the user may see any guest, and so their names. */
export function seesGuests(): boolean {
  return !state.snapshot?.guests_hidden && state.session?.sees_guests !== false;
}

/** Lists by their keys, made once for each list that is told. */
const indices = new WeakMap<object, Map<string, unknown>>();

function find<T extends object>(list: T[] | undefined, key: keyof T, name: string | null): T | undefined {
  if (!list || name === null) return undefined;
  let index = indices.get(list);
  if (!index) {
    index = new Map(list.map((row) => [String(row[key]), row]));
    indices.set(list, index);
  }
  return index.get(name) as T | undefined;
}

/** A resource by its id. */
export function resourceOf(sid: string | null): Resource | undefined {
  return find(state.snapshot?.resources, "sid", sid);
}

/** A resource that is under HA still: once removed, the stack may go on listing it for a while. */
export function configuredOf(sid: string): Resource | undefined {
  const resource = resourceOf(sid);
  return resource?.configured === false ? undefined : resource;
}

/** A guest by its id, under HA or not. */
export function guestOf(sid: string): Resource | Guest | undefined {
  return resourceOf(sid) ?? find(state.snapshot?.guests, "sid", sid);
}

/** A rule by its name. */
export function ruleOf(name: string): Rule | undefined {
  return find(state.snapshot?.rules, "rule", name);
}

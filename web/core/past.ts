/** The page as it stood at a past moment: shown with the parts of the present, and changed by nobody. */

import type { PageModel, Part, Resource } from "../model.js";
import type { Moment } from "./history.js";
import { state } from "./store.js";

let shown: number | null = null;

/** The moment that is shown (Unix seconds), or null for the present. */
export function pastShown(): number | null {
  return shown;
}

/** Go to a past moment (Unix seconds): from now on nothing is shown of the present. */
export function enterPast(at: number): void {
  shown = at;
}

/** Show the present again. */
export function leavePast(): void {
  shown = null;
}

/** Draw something as of a past moment. */
export function asOf<T>(moment: Moment, draw: () => T): T {
  const [live, heardAt] = [state.snapshot, state.heardAt];
  shown = moment.at / 1000;
  if (!live) return draw();
  try {
    Object.assign(state, { snapshot: pageAt(live, moment), heardAt: performance.now() });
    return draw();
  } finally {
    Object.assign(state, { snapshot: live, heardAt });
  }
}

function pageAt(live: PageModel, { at, nodes, resources, rules, cluster }: Moment): PageModel {
  const now = at / 1000;
  const part: Part = { at: now, age_s: 0, ok: true, error: null, slow_s: null, address: null };
  return {
    ...live,
    now,
    fresh: true,
    cluster: { ...live.cluster, clock: { now, runs: false, skew_s: 0 }, read_only: null, votes: null, groups: [] },
    parts: { status: part, resources: part, rules: part, nodes: part },
    quorum: cluster?.quorum === undefined ? null : { ok: cluster.quorum, node: null },
    master: cluster?.master === undefined ? null : { node: cluster.master, state: "active", at: null },
    fencing: null,
    nodes: nodes.map((row) => ({ ...NO_NODE, ...row, lrm: row.lrm ? { ...NO_LRM, ...row.lrm } : null })),
    resources: resources.map((row) => ({ ...NO_RESOURCE, ...row, arrival: arrivalOf(row) })),
    rules: rules.map((row) => ({ ...NO_RULE, ...row })),
  };
}

/** How a resource came to its node; older versions kept not when, and then it is not told. */
function arrivalOf({ arrival }: Pick<Resource, "arrival">): Resource["arrival"] {
  return arrival?.at === undefined ? null : arrival;
}

const NO_LRM = { at: null, mode: null, state: null, watchdog: null };
const NO_NODE = { ha_state: null, lrm: null, cpu: null, maxcpu: null, mem: null, maxmem: null };
const NO_RESOURCE = {
  guest: null,
  arrival: null,
  vmid: null,
  auto_rebalance: null,
  group: null,
  name: null,
  node: null,
  state: null,
  crm_state: null,
  target: null,
  failed_nodes: [],
};
const NO_RULE = { affinity: null, errors: {}, conflicts: [], extra: {}, nodes: [] };

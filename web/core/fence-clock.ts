/** The fence clock: between when lost nodes are fenced and their guests run again, as the model has it. */

import { get } from "./api.js";
import { redraw } from "./draw.js";
import type { Span } from "./forecast.js";
import { may, state, subscribe } from "./store.js";

/** What is yet to come, in the cluster's time; `again`: the guests run again. */
export interface Steps {
  master?: Span;
  fence?: Span;
  fenced?: Span;
  again?: Span;
  /** The resources that come back nowhere. */
  stuck?: string[];
}

const NAMES = ["master", "fence", "fenced", "again"] as const;
const EVERY_MS = 4000;

let known: Record<string, Steps> = {};
let askedAt = Number.NEGATIVE_INFINITY;
let isAsking = false;

subscribe((names) => {
  if (!names.includes("snapshot")) return;
  const isAnyLost = state.snapshot?.nodes.some((node) => node.lost) ?? false;
  if (!isAnyLost) known = {};
  else if (!isAsking && may("Sys.Audit") && performance.now() - askedAt >= EVERY_MS) void ask();
});

async function ask(): Promise<void> {
  isAsking = true;
  askedAt = performance.now();
  try {
    known = (await get<{ nodes: Record<string, Steps> }>("/api/forecast/fence-clock")).nodes;
  } catch {
    // Without the model's word nothing is said of times; it is asked again with the next word.
  } finally {
    isAsking = false;
    redraw();
  }
}

/** What is to come of these nodes together; null while that is not known. */
export function stepsOf(nodes: string[]): Steps | null {
  const told = nodes.map((node) => known[node]).filter((steps) => steps !== undefined);
  if (!told.length) return null;
  const stuck = told.flatMap((steps) => steps.stuck ?? []);
  const together: Steps = stuck.length ? { stuck } : {};
  for (const name of NAMES) {
    const spans = told.map((steps) => steps[name]).filter((span) => span !== undefined);
    if (!spans.length) continue;
    const from = Math.min(...spans.map(([first]) => first));
    together[name] = [from, Math.max(...spans.map(([, last]) => last))];
  }
  return together;
}

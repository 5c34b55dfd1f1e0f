/** Lost nodes in words: since when, how many of their guests run again, and how long the rest takes. */

import { type Steps, stepsOf } from "../core/fence-clock.js";
import type { Span } from "../core/forecast.js";
import { clusterNow } from "../core/store.js";
import type { Node, Resource } from "../model.js";
import { clock, list, t, tn } from "./i18n.js";
import { nameOf } from "./names.js";

/** What the status line tells of lost nodes beside its sentence. */
export interface Loss {
  since: number | null;
  facts: string[];
  next: string;
  /** The same as times of day. */
  nextTitle: string;
  steps?: Steps;
}

/** What is to be told of nodes that are lost together; `otherwise`: what comes next as far as is known without the model. */
export function lossOf(nodes: Node[], resources: Resource[], otherwise: string): Loss {
  const times = nodes.map((node) => node.lrm?.at ?? null).filter((at) => at !== null);
  const since = times.length ? Math.min(...times) : null;
  const names = nodes.map(({ name }) => name);
  const steps = stepsOf(names);
  // What is frozen comes back with its node.
  const frozen = new Set(resources.filter(({ state }) => state === "freeze").map(({ sid }) => sid));
  const stuck = (steps?.stuck ?? []).filter((sid) => !frozen.has(sid));
  return {
    since,
    facts: [...affected(new Set(names), since ?? 0, resources), ...stuckText(stuck)],
    next: steps ? told(steps, left) : otherwise,
    nextTitle: steps ? told(steps, ofDay) : "",
    ...(steps ? { steps } : {}),
  };
}

function affected(names: Set<string>, since: number, resources: Resource[]): string[] {
  const there = resources.filter(({ node }) => node !== null && names.has(node)).length;
  const isBack = ({ arrival }: Resource) =>
    arrival !== null && arrival.how === "recovered" && arrival.at >= since && names.has(arrival.origin);
  const back = resources.filter(isBack).length;
  if (back) return [t("clock.recovered", { back, all: back + there })];
  return there ? [t("line.affected", { count: there })] : [];
}

/** Who will not come back by itself: nobody waits for it in vain. */
function stuckText(sids: string[]): string[] {
  return sids.length ? [tn("clock.stuck", sids.length, { names: list(sids.map(nameOf)) })] : [];
}

function told({ fence, again }: Steps, worded: (span: Span) => string): string {
  const parts = [
    fence ? t("clock.fence", { range: worded(fence) }) : "",
    again ? t("clock.again", { range: worded(again) }) : "",
  ];
  return parts.filter(Boolean).join(" · ");
}

/** The time that is left, as a range; one that has run out may end at any moment. */
function left([from, to]: Span): string {
  const [least, most] = [from, to].map((at) => Math.max(0, Math.round(at - clusterNow())));
  return most ? t("clock.range", { least, most }) : t("clock.any_moment");
}

function ofDay([from, to]: Span): string {
  return `${clock(from)}–${clock(to)}`;
}

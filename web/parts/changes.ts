/** What changed of the resources: their states since the page looked last, and whence they came. */

import type { Resource } from "../model.js";
import { clock, t } from "../words/i18n.js";

let lastSeen = new Map<string, string | null>();

/** The resources that are in another state than when this was asked last. */
export function changedStates(resources: Resource[]): Resource[] {
  const before = lastSeen;
  lastSeen = new Map(resources.map(({ sid, state }) => [sid, state]));
  return resources.filter(({ sid, state }) => before.has(sid) && before.get(sid) !== state);
}

/** When, whence and how a resource came to its node; nothing if that was not seen. */
export function arrivalText({ arrival }: Resource): string {
  if (!arrival) return "";
  const { how, origin, at } = arrival;
  return t(`resources.${how}`, { node: origin, time: clock(at) });
}

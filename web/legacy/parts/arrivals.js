/**
 * From where resources came while the page looked on: where a node is free, the manager passes
 * through recovery within one round, too fast for anybody to see.
 */

import { clock, t } from "../i18n.js";
import { clusterNow } from "../store.js";

const RECOVERED_FROM = ["fence", "recovery"];
const lastSeen = new Map();
const arrivals = new Map();

/** Note which resources are on another node than before; answers those in another state. */
export function noteChanges(resources) {
  const changed = resources.filter(({ sid, state }) => {
    const before = lastSeen.get(sid);
    return before !== undefined && before.state !== state;
  });
  const gone = new Set(lastSeen.keys());
  for (const resource of resources) {
    gone.delete(resource.sid);
    noteArrival(resource);
  }
  for (const sid of gone) {
    lastSeen.get(sid).node = null;
    arrivals.delete(sid);
  }
  return changed;
}

function noteArrival({ sid, node, state }) {
  const before = lastSeen.get(sid);
  if (before?.node && node && before.node !== node) {
    const how = RECOVERED_FROM.includes(before.state) ? "recovered" : "moved";
    arrivals.set(sid, { how, from: before.node, at: clusterNow() });
  }
  lastSeen.set(sid, { node, state });
}

/** When, whence and how a resource came to its node; nothing if that was not seen. */
export function arrivalText(sid) {
  const arrival = arrivals.get(sid);
  if (!arrival) return "";
  const { how, from, at } = arrival;
  return t(`resources.${how}`, { node: from, time: clock(at) });
}

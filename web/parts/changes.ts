/** What changed of the resources: their states since the page looked last, and whence they came. */

import { html } from "lit/html.js";

import { waitingOf } from "../core/waiting.js";
import type { Resource } from "../model.js";
import { clock, t } from "../words/i18n.js";
import { requestOf, resourceState } from "../words/states.js";
import { latestOf, latestText } from "./latest.js";

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

/** What a state lets one suppose was asked for, where that is not `started`. */
const SUPPOSED: Record<string, string> = {
  stopped: "stopped",
  stopping: "stopped",
  request_stop: "stopped",
  disabled: "disabled",
  "clearing error flag": "disabled",
  ignored: "ignored",
};

/** The same in its cell. */
export function changeView(resource: Resource): unknown {
  const text = changeText(resource);
  return waitingOf(resource) ? html`<span class="stuck">${text}</span>` : text;
}

/** Whether the last change is the arrival that stands in the cell. */
function isSaid({ sid, arrival, target }: Resource): boolean {
  return !target && latestOf(sid)?.kind === `resource.${arrival?.how}`;
}

/** What the state's word leaves out: why it waits, whence it came, where it goes, what was asked for, its HA group. */
export function changeText(resource: Resource): string {
  const waits = waitingOf(resource);
  const notes = waits ? [waits.says, waits.helps] : [];
  const failed = resource.failed_nodes?.length ?? 0;
  if (failed) notes.push(t("resources.failed", { count: failed }));
  if (resource.target) notes.push(t("resources.target", { node: resource.target }));
  else notes.push(arrivalText(resource));
  const request = requestOf(resource);
  if ((SUPPOSED[resource.state ?? ""] ?? "started") !== request) {
    notes.push(t("resources.request", { state: resourceState(request).text }));
  }
  if (resource.auto_rebalance === false) notes.push(t("resources.unbalanced"));
  if (resource.group) notes.push(t("resources.group", { group: resource.group }));
  if (!isSaid(resource)) notes.push(latestText(resource.sid));
  return notes.filter(Boolean).join(" · ");
}

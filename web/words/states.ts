/** States as a word and a colour, as the table in language/ has them; one that nobody knows is shown as it came. */

import tones from "../../src/virton/language/states.json";
import type { Lrm, Node, PageModel, Resource } from "../model.js";
import { has, t } from "./i18n.js";
import { resourceName } from "./names.js";

export type Tone = "ok" | "idle" | "info" | "warn" | "bad" | "plum";

/** A state as it is shown. */
export interface Word {
  tone: Tone;
  text: string;
}

/** All states of a resource that the page has words for, in the order of its legend. */
export const RESOURCE_STATES = Object.keys(tones.resource);

/** All states of a local resource manager that the page has words for. */
export const LRM_STATES = Object.keys(tones.lrm).filter((name) => name !== "missing");

/** The states an operator can ask for. */
export const REQUESTS = ["started", "stopped", "ignored", "disabled"];

function worded(kind: keyof typeof tones, raw: string | null): Word {
  const name = String(raw ?? "").replaceAll(" ", "_");
  const key = `${kind}.state.${name}`;
  const known = tones[kind] as Record<string, string>;
  return { tone: (known[name] as Tone | undefined) ?? "warn", text: has(key) ? t(key) : String(raw ?? "–") };
}

/** A resource's state; null is one that nobody could tell. */
export function resourceState(raw: string | null | undefined): Word {
  if (raw === null || raw === undefined) return { tone: "idle", text: t("resource.state.unknown") };
  return worded("resource", raw);
}

/** A local resource manager's state; null is a node without one. */
export function lrmState(lrm: Lrm | null): Word {
  if (lrm?.display === "unknown" && lrm.state) return { tone: "warn", text: lrm.state };
  return worded("lrm", lrm ? lrm.display : "missing");
}

/** What is the matter with a node, or null when it is online. */
export function nodeTrouble(node: Pick<Node, "online" | "ha_state">): Word | null {
  const state = node.ha_state && node.ha_state !== "online" ? node.ha_state : null;
  if (!node.online && !state) return worded("node", "offline");
  if (!node.online && state === "unknown") return worded("node", "offline_unknown");
  return state ? worded("node", state) : null;
}

/** A guest's state outside of HA. */
export function guestStatus(raw: string | null): string {
  const key = `guest.status.${raw}`;
  return has(key) ? t(key) : String(raw ?? "–");
}

/** What was asked for: `enabled` is an old word for `started`. */
export function requestOf(resource: Pick<Resource, "request_state">): string {
  const request = resource.request_state || "started";
  return request === "enabled" ? "started" : request;
}

/** How many resources HA would have to start again after a failure. */
export function protectedCount(resources: Resource[]): number {
  return resources.filter((one) => requestOf(one) === "started").length;
}

const NOT_YET_RUNNING = ["queued", "request_start", "request_start_balance", "relocate", "request_stop", "stopping"];

/** Whether a guest runs: by its own word, and where nobody may know that, by what the HA stack makes of it. */
export function runsNow({ guest, down, state }: Pick<Resource, "guest" | "down" | "state">): boolean {
  if (down) return false;
  return guest && guest !== "unknown" ? guest === "running" : !NOT_YET_RUNNING.includes(state ?? "queued");
}

/** Whether the HA stack is disarmed, or on its way there. */
export function isDisarmed(page: Pick<PageModel, "fencing"> | null): boolean {
  return ["disarming", "disarmed"].includes(page?.fencing?.armed_state ?? "");
}

/** What a resource is found by. */
export function searchText(resource: Resource): string {
  const { sid, name, node, target, state, comment } = resource;
  const words = [sid, resourceName({ sid, name }), node, target, state, comment];
  return [...words, resourceState(state).text].filter(Boolean).join(" ");
}

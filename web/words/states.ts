/** States as a word and a colour. Every state has both; one that nobody knows is shown as it came. */

import type { Lrm, Node, Resource } from "../model.js";
import { has, t } from "./i18n.js";
import { resourceName } from "./names.js";

export type Tone = "ok" | "idle" | "info" | "warn" | "bad" | "plum";

/** A state as it is shown. */
export interface Word {
  tone: Tone;
  text: string;
}

const RESOURCE_TONES: Record<string, Tone> = {
  started: "ok",
  stopped: "idle",
  starting: "info",
  request_start: "info",
  request_start_balance: "info",
  stopping: "info",
  request_stop: "info",
  queued: "idle",
  migrate: "info",
  relocate: "info",
  recovery: "warn",
  fence: "bad",
  freeze: "warn",
  error: "bad",
  disabled: "idle",
  ignored: "idle",
  ignore: "warn",
  deleting: "idle",
  not_found: "bad",
  clearing_error_flag: "info",
};

const LRM_TONES: Record<string, Tone> = {
  active: "ok",
  idle: "idle",
  waiting: "warn",
  lost: "bad",
  error: "bad",
  maintenance: "info",
  disarm: "warn",
  restart: "info",
  shutdown: "warn",
  dead: "warn",
  time_drift: "warn",
  unreadable: "bad",
  unknown: "warn",
  missing: "idle",
};

const NODE_TONES: Record<string, Tone> = {
  maintenance: "info",
  unknown: "warn",
  fence: "bad",
  gone: "idle",
  offline: "bad",
  offline_unknown: "bad",
};

/** All states of a resource that the page has words for, in the order of its legend. */
export const RESOURCE_STATES = Object.keys(RESOURCE_TONES);

/** All states of a local resource manager that the page has words for. */
export const LRM_STATES = Object.keys(LRM_TONES).filter((name) => name !== "missing");

/** The states an operator can ask for. */
export const REQUESTS = ["started", "stopped", "ignored", "disabled"];

function worded(prefix: string, tones: Record<string, Tone>, raw: string | null): Word {
  const name = String(raw ?? "").replaceAll(" ", "_");
  const key = `${prefix}.${name}`;
  return { tone: tones[name] ?? "warn", text: has(key) ? t(key) : String(raw ?? "–") };
}

/** A resource's state; null is one that nobody could tell. */
export function resourceState(raw: string | null | undefined): Word {
  if (raw === null || raw === undefined) return { tone: "idle", text: t("resource.state.unknown") };
  return worded("resource.state", RESOURCE_TONES, raw);
}

/** A local resource manager's state; null is a node without one. */
export function lrmState(lrm: Lrm | null): Word {
  if (lrm?.display === "unknown" && lrm.state) return { tone: "warn", text: lrm.state };
  return worded("lrm.state", LRM_TONES, lrm ? lrm.display : "missing");
}

/** What is the matter with a node, or null when it is online. */
export function nodeTrouble(node: Pick<Node, "online" | "ha_state">): Word | null {
  const state = node.ha_state && node.ha_state !== "online" ? node.ha_state : null;
  if (!node.online && !state) return worded("node.state", NODE_TONES, "offline");
  if (!node.online && state === "unknown") return worded("node.state", NODE_TONES, "offline_unknown");
  return state ? worded("node.state", NODE_TONES, state) : null;
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

/** What a resource is found by. */
export function searchText(resource: Resource): string {
  const { sid, name, node, target, state, comment } = resource;
  const words = [sid, resourceName({ sid, name }), node, target, state, comment];
  return [...words, resourceState(state).text].filter(Boolean).join(" ");
}

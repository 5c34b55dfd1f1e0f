/** Resources that will not run by themselves: why, asked of the server whenever something about them changes. */

import { Asked } from "./asked.js";
import { get } from "./api.js";
import type { Resource } from "../model.js";
import { may, state, subscribe } from "./store.js";

/** Why a resource waits or gave up, and what helps. */
export interface Waiting {
  kind: string;
  says: string;
  helps: string;
  rules?: string[];
}

/** States in which a resource may be stuck; in any other it is on its way. */
const MAY_BE_STUCK = ["recovery", "fence", "error"];

const asked = new Asked(async (query) => {
  const told = await get<{ resources: Record<string, Waiting> }>(`/api/forecast/waiting?${query}`);
  return told.resources;
});

/** Why this resource will not run by itself, once that is known. */
export function waitingOf(resource: Resource): Waiting | null {
  return isStuck(resource) ? (asked.answer?.[resource.sid] ?? null) : null;
}

function isStuck({ state: word, down }: Pick<Resource, "state" | "down">): boolean {
  return down || MAY_BE_STUCK.includes(word ?? "");
}

/** Ask again when a resource is stuck otherwise than before, or what it may wait for has changed. */
export function followWaiting(): void {
  const { snapshot } = state;
  const stuck = (snapshot?.resources ?? []).filter(isStuck).map(({ sid, node, state: word }) => `${sid} ${node} ${word}`);
  const nodes = (snapshot?.nodes ?? []).map(({ name, online, ha_state }) => `${name} ${online} ${ha_state}`);
  const query = stuck.length && may("Sys.Audit") ? new URLSearchParams({ lang: document.documentElement.lang }) : null;
  asked.follow(query, snapshot?.rules_digest, snapshot?.resources_digest, String(stuck), String(nodes));
}

subscribe((names) => {
  if (names.includes("snapshot") || names.includes("session")) followWaiting();
});

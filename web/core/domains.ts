/** Racks, switches, rooms: nodes that fail together, as the console keeps them. */

import { get, write } from "./api.js";
import { redraw } from "./draw.js";
import { may, state } from "./store.js";

export type Domains = Record<string, string[]>;

let domains: Domains | null = null;
/** What the console had told when they were asked for; where that failed, its next word is waited for. */
let askedAt: typeof state.snapshot = null;

/** The fault domains by name; null until they are known, which they are asked for to be. */
export function knownDomains(): Domains | null {
  if (domains === null && askedAt !== state.snapshot && state.session && may("Sys.Audit")) void ask();
  return domains;
}

/** Keep these in the place of those before. */
export async function keepDomains(next: Domains): Promise<void> {
  await write("PUT", "/api/forecast/domains", { domains: next });
  domains = next;
}

async function ask(): Promise<void> {
  askedAt = state.snapshot;
  const told = await get<{ domains: Domains }>("/api/forecast/domains").catch(() => null);
  domains ??= told && told.domains;
  redraw();
}

/** Whether what the manager wrote of the resources still holds, or is only the last that is known. */

import type { PageModel } from "../model.js";
import { clock, t } from "./i18n.js";

export interface Doubt {
  reason: "no_quorum" | "no_master" | "dead_master";
  at: number | null;
}

/** Why the states of the resources may be out of date: {reason, at}, or null while they are kept up. */
export function doubt({ quorum, master, parts }: PageModel): Doubt | null {
  if (parts.status.at === null) return null;
  const at = master?.at ?? null;
  if (quorum && !quorum.ok) return { reason: "no_quorum", at };
  if (quorum && !master) return { reason: "no_master", at };
  return master?.state === "dead" ? { reason: "dead_master", at } : null;
}

/** The doubt in words: how old the states are, and why nobody knows better. */
export function doubtSentence({ reason, at }: Doubt): string {
  const when = at ? t("resources.last_known.at", { time: clock(at) }) : "";
  return [t("resources.last_known", { when }), t(`resources.last_known.${reason}`)].join(" ");
}

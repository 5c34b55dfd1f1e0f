/** What rules say against a rule while it is filled in, and against a move; the server knows. */

import type { Conflict, Priority, Rule } from "../model.js";
import { get } from "./api.js";

/** An address of more resources is too long for some proxies. */
const MOST_IN_AN_ADDRESS = 400;

/** A change of one rule that ends a conflict; the server has tried it. */
export interface Mending {
  kind: "take_out" | "level" | "add_nodes" | "drop_nodes" | "disable";
  rule: string;
  /** What is taken out or added. */
  names: string[];
  resources: string[];
  nodes: Priority[];
  disabled: boolean;
}

/** A conflict, and what ends it. */
export interface MendableConflict extends Conflict {
  mendings: Mending[];
}

/** What becomes of a move by rules. */
export interface Consequence {
  effect: "forbidden" | "apart" | "returns" | "stays" | "along";
  refuses: boolean;
  rules: string[];
  others: string[];
  nodes: string[];
}

/** A rule as it may stand in a form. */
export type AskedRule = Pick<
  Rule,
  "rule" | "type" | "resources" | "nodes" | "strict" | "affinity" | "disabled"
>;

/** The question what stands against a rule; null while nothing can. */
export function ruleQuery(rule: AskedRule): URLSearchParams | null {
  const isWhole = rule.type === "node-affinity" ? rule.nodes.length : rule.affinity;
  if (rule.disabled || !rule.resources.length || !isWhole) return null;
  const told: Record<string, string> = {
    rule: rule.rule,
    type: rule.type,
    resources: rule.resources.join(","),
    nodes: rule.nodes.map(({ node, priority }) => `${node}:${priority}`).join(","),
    affinity: rule.affinity ?? "",
    strict: rule.strict ? "1" : "",
  };
  return new URLSearchParams(told);
}

/** Ask what stands against a rule. */
export async function askConflicts(query: URLSearchParams): Promise<MendableConflict[]> {
  return (await get<{ conflicts: MendableConflict[] }>(`/api/advice/rule?${query}`)).conflicts;
}

/** Ask what becomes of moves to a node: of each resource. */
export async function askConsequences(sids: string[], node: string): Promise<Map<string, Consequence[]>> {
  const found = new Map<string, Consequence[]>();
  for (let at = 0; at < sids.length; at += MOST_IN_AN_ADDRESS) {
    const query = new URLSearchParams({ sid: sids.slice(at, at + MOST_IN_AN_ADDRESS).join(), node });
    const { consequences } = await get<{ consequences: Record<string, Consequence[]> }>(`/api/advice/move?${query}`);
    for (const [sid, told] of Object.entries(consequences)) found.set(sid, told);
  }
  return found;
}

/** Whether rules refuse a move, or undo it at once. */
export function isRefused({ effect, refuses }: Consequence): boolean {
  return refuses || effect === "forbidden" || effect === "apart";
}

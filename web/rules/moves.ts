/** What the rules of the snapshot say about moving a resource to a node. */

import type { Node, PageModel, Resource, Rule } from "../model.js";
import { list, t } from "../words/i18n.js";
import { nameOf } from "../words/names.js";
import { isKind } from "./conflicts.js";

interface Move {
  resource: Resource;
  target: string;
  snapshot: PageModel;
  bundle: Set<string>;
}

/** Sentences about a move: who moves along, which rule stands in the way, and which undoes it. */
export function moveConsequences(
  resource: Resource,
  target: string,
  snapshot: PageModel,
): string[] {
  const rules = snapshot.rules.filter(isEffective);
  const bundle = bundleOf(resource.sid, rules);
  const move = { resource, target, snapshot, bundle };
  const concerned = rules.filter((rule) => rule.resources.some((sid) => bundle.has(sid)));
  return concerned.map((rule) => consequence(rule, move)).filter((line) => line !== null);
}

/** A rule that the cluster has something against is left out when it places resources. */
function isEffective(rule: Rule): boolean {
  return !rule.disabled && !Object.keys(rule.errors ?? {}).length;
}

/** The resource and all that rules keep together with it, over several rules too. */
function bundleOf(sid: string, rules: Rule[]): Set<string> {
  const bundle = new Set([sid]);
  const together = rules.filter((rule) => isKind(rule, "positive"));
  for (let before = 0; before < bundle.size; ) {
    before = bundle.size;
    const met = together.filter((rule) => rule.resources.some((one) => bundle.has(one)));
    for (const one of met.flatMap((rule) => rule.resources)) bundle.add(one);
  }
  return bundle;
}

function consequence(rule: Rule, move: Move): string | null {
  if (rule.type === "node-affinity") return nodeConsequence(rule, move);
  return isKind(rule, "positive") ? togetherConsequence(rule, move) : apartConsequence(rule, move);
}

function togetherConsequence(rule: Rule, { resource }: Move): string | null {
  const others = rule.resources.filter((sid) => sid !== resource.sid);
  return others.length
    ? t("move.rule.together", { rule: rule.rule, others: list(others.map(nameOf)) })
    : null;
}

function apartConsequence(rule: Rule, { target, snapshot, bundle }: Move): string | null {
  const others = rule.resources.filter((sid) => !bundle.has(sid));
  const there = others.filter((sid) => resourceIn(sid, snapshot)?.node === target);
  const values = { rule: rule.rule, others: list(there.map(nameOf)), node: target };
  return there.length ? t("move.rule.apart", values) : null;
}

/** A node that a rule forbids, or one that it ranks lower than another that can be used. */
function nodeConsequence(rule: Rule, { target, snapshot, bundle }: Move): string | null {
  const ranks = ranksOf(rule, snapshot);
  if (rule.strict && !ranks.has(target)) {
    return t("move.rule.strict", { rule: rule.rule, node: target });
  }
  const usable = snapshot.nodes.filter((node) => ranks.has(node.name) && isUsable(node));
  const highest = Math.max(...usable.map((node) => ranks.get(node.name) ?? 0));
  if (!usable.length || ranks.get(target) === highest) return null;
  const best = usable.map((node) => node.name).filter((name) => ranks.get(name) === highest);
  const returns = [...bundle].some((sid) => resourceIn(sid, snapshot)?.failback);
  const values = { rule: rule.rule, node: target, nodes: list(best) };
  return t(returns ? "move.rule.back" : "move.rule.stays", values);
}

/** The nodes that a rule wants, with their priorities: one that avoids nodes wants all others alike. */
function ranksOf(rule: Rule, { nodes }: PageModel): Map<string, number> {
  if (rule.affinity !== "negative") return new Map(rule.nodes.map((one) => [one.node, one.priority]));
  const avoided = new Set(rule.nodes.map((one) => one.node));
  return new Map(nodes.filter((node) => !avoided.has(node.name)).map((node) => [node.name, 0]));
}

function isUsable(node: Node): boolean {
  return node.online && (node.ha_state ?? "online") === "online";
}

function resourceIn(sid: string, snapshot: PageModel): Resource | undefined {
  return snapshot.resources.find((resource) => resource.sid === sid);
}

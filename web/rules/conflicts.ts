/**
 * What stands against a rule, as far as the snapshot shows it: advice while a form is filled in, and the
 * names that the cluster's own messages leave out. The cluster decides; nothing is refused on this word.
 */

import type { Priority, Rule } from "../model.js";

/** The field of a form at which a conflict can be mended. */
export type ConflictField = "resources" | "nodes";

export interface Conflict {
  code: string;
  field: ConflictField;
  rules: string[];
  resources: string[];
  together?: string[];
}

/** What the checks look at. */
export type Checked = Pick<Rule, "rule" | "type" | "resources" | "nodes" | "affinity" | "disabled">;

interface Bundle {
  rules: Checked[];
  resources: string[];
}

interface Context {
  rule: Checked;
  nodes: string[];
  nodeRules: Checked[];
  positive: Checked[];
  negative: Checked[];
  bundles: Bundle[];
}

/** The conflicts of a rule with the cluster's rules (which may hold it) and nodes. */
export function conflictsOf(rule: Checked, rules: Checked[], nodes: string[]): Conflict[] {
  if (rule.disabled) return [];
  const enabled = [...rules.filter((other) => other.rule !== rule.rule && !other.disabled), rule];
  const positive = enabled.filter((other) => isKind(other, "positive"));
  const context: Context = {
    rule,
    nodes,
    nodeRules: enabled.filter((other) => other.type === "node-affinity"),
    positive,
    negative: enabled.filter((other) => isKind(other, "negative")),
    bundles: bundlesOf(positive),
  };
  const checks = rule.type === "node-affinity" ? NODE_CHECKS : RESOURCE_CHECKS;
  return checks.flatMap((check) => check(context));
}

const NODE_CHECKS = [severalNodeRules, sensibleAvoidance, priorities, together, apartOnTooFew];
const RESOURCE_CHECKS = [
  fewerThanTwo,
  moreThanNodes,
  contradicts,
  priorities,
  together,
  apartOnTooFew,
];

/** Whether a rule keeps resources together (positive) or apart (negative). */
export function isKind(rule: Checked, affinity: string): boolean {
  return rule.type === "resource-affinity" && rule.affinity === affinity;
}

type Members = Pick<Checked, "resources">;

function shared(one: Members, other: Members): string[] {
  return one.resources.filter((sid) => other.resources.includes(sid));
}

function meet(one: Members, other: Members): boolean {
  return shared(one, other).length > 0;
}

function found(
  code: string,
  field: ConflictField,
  rules: Checked[],
  resources: string[],
): Conflict[] {
  const names = rules.map((other) => other.rule);
  return [
    { code, field, rules: [...new Set(names)].sort(), resources: [...new Set(resources)].sort() },
  ];
}

/** Overlapping keep-together rules, joined in one pass in the order of their lowest resource. */
function bundlesOf(positive: Checked[]): Bundle[] {
  const lowest = (rule: Checked) => [...rule.resources].sort()[0] ?? "";
  const order = [...positive].sort(
    (a, b) => compare(lowest(a), lowest(b)) || compare(a.rule, b.rule),
  );
  const bundles: Bundle[] = [];
  for (const rule of order) {
    const bundle = bundles.find((one) => meet(one, rule));
    if (!bundle) bundles.push({ rules: [rule], resources: [...rule.resources] });
    else {
      bundle.rules.push(rule);
      bundle.resources.push(...rule.resources);
    }
  }
  return bundles;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** The nodes a node rule comes to: one that avoids nodes comes to all others. */
function preferredNodes(rule: Checked, nodes: string[]): string[] {
  const named = rule.nodes.map((entry) => entry.node);
  return rule.affinity === "negative" ? nodes.filter((node) => !named.includes(node)) : named;
}

function severalNodeRules({ rule, nodeRules }: Context): Conflict[] {
  const overlapping = nodeRules.filter((other) => other !== rule && meet(rule, other));
  if (!overlapping.length) return [];
  return found(
    "several_node_rules",
    "resources",
    overlapping,
    overlapping.flatMap((other) => shared(rule, other)),
  );
}

function sensibleAvoidance({ rule, nodes }: Context): Conflict[] {
  if (rule.affinity !== "negative") return [];
  const ranked = rule.nodes.some((entry) => entry.priority > 0);
  const everywhere = preferredNodes(rule, nodes).length === 0;
  return [
    ...(ranked ? found("priorities_of_avoided_nodes", "nodes", [], rule.resources) : []),
    ...(everywhere ? found("avoids_every_node", "nodes", [], rule.resources) : []),
  ];
}

function hasPriorities(rule: { nodes: Priority[] }): boolean {
  return new Set(rule.nodes.map((entry) => entry.priority)).size > 1;
}

/** A resource rule takes no resource of a node rule with several priorities, nor of one beside such a rule. */
function priorities({ rule, nodeRules, positive, negative }: Context): Conflict[] {
  const related =
    rule.type === "node-affinity"
      ? [...positive, ...negative].filter((other) => meet(rule, other))
      : [rule];
  const pairs = related.flatMap((one) => {
    const paired = nodeRules.filter((other) => meet(one, other));
    const ranked = paired.filter(hasPriorities);
    return ranked.length ? [{ one, ranked }] : [];
  });
  if (!pairs.length) return [];
  const against = pairs
    .flatMap(({ one, ranked }) => [one, ...ranked])
    .filter((other) => other !== rule);
  const resources = pairs.flatMap(({ one, ranked }) =>
    ranked.flatMap((other) => shared(one, other)),
  );
  return found(
    "priorities",
    rule.type === "node-affinity" ? "nodes" : "resources",
    against,
    resources,
  );
}

/** Resources to keep together that stand in several node rules. */
function together({ rule, nodeRules, bundles }: Context): Conflict[] {
  return bundles.flatMap((bundle) => {
    const paired = nodeRules.filter((other) => meet(bundle, other));
    const concerned = bundle.rules.includes(rule) || paired.includes(rule);
    if (!concerned || paired.length < 2) return [];
    const resources = paired.flatMap((other) => shared(bundle, other));
    const joined = bundle.rules.map((other) => other.rule).sort();
    const conflicts = found("together_across", "resources", paired, resources);
    return conflicts.map((conflict) => ({ ...conflict, together: joined }));
  });
}

/** Resources to keep apart that node rules hold on fewer nodes than there are of them. */
function apartOnTooFew({ rule, nodes, nodeRules, negative }: Context): Conflict[] {
  return negative.flatMap((apart) => {
    const paired = nodeRules.filter((other) => meet(apart, other));
    if (apart !== rule && !paired.includes(rule)) return [];
    const held = new Set(paired.flatMap((other) => shared(apart, other)));
    const allowed = new Set(paired.flatMap((other) => preferredNodes(other, nodes)));
    if (allowed.size >= held.size) return [];
    const against = [apart, ...paired].filter((other) => other !== rule);
    return found("apart_on_too_few", apart === rule ? "resources" : "nodes", against, [...held]);
  });
}

function fewerThanTwo({ rule }: Context): Conflict[] {
  return rule.resources.length < 2 ? found("fewer_than_two", "resources", [], rule.resources) : [];
}

function moreThanNodes({ rule, nodes }: Context): Conflict[] {
  if (rule.affinity !== "negative" || rule.resources.length <= nodes.length) return [];
  return found("more_than_nodes", "resources", [], rule.resources);
}

/** The same two resources to keep together and apart, over joined rules too. */
function contradicts({ rule, negative, bundles }: Context): Conflict[] {
  return bundles.flatMap((bundle) => {
    const against = negative.filter((apart) => {
      const concerned = apart === rule || bundle.rules.includes(rule);
      return concerned && shared(apart, bundle).length > 1;
    });
    if (!against.length) return [];
    const others = rule.affinity === "negative" ? bundle.rules : against;
    return found(
      "contradicts",
      "resources",
      others,
      against.flatMap((apart) => shared(apart, bundle)),
    );
  });
}

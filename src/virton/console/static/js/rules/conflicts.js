/**
 * What stands against a rule, as far as the snapshot shows it: advice while a form is filled in, and the
 * names that the cluster's own messages leave out. The cluster decides; nothing is refused on this word.
 */

/**
 * @param {object} rule as in the snapshot
 * @param {object[]} rules the other rules
 * @param {string[]} nodes the cluster's nodes
 * @returns {{code: string, field: string, rules: string[], resources: string[]}[]}
 */
export function conflictsOf(rule, rules, nodes) {
  if (rule.disabled) return [];
  const others = rules.filter((other) => other.rule !== rule.rule && !other.disabled);
  const context = {
    rule,
    nodes,
    nodeRules: others.filter((other) => other.type === "node-affinity"),
    resourceRules: others.filter((other) => other.type === "resource-affinity"),
  };
  const checks = rule.type === "node-affinity" ? NODE_CHECKS : RESOURCE_CHECKS;
  return checks.flatMap((check) => check(context));
}

const NODE_CHECKS = [severalNodeRules, prioritiesInNodeRule, splitsTogether, leavesTooFewNodes];
const RESOURCE_CHECKS = [fewerThanTwo, moreThanNodes, contradicts, prioritiesElsewhere, togetherAcross, apartOnTooFew];

function shared(one, other) {
  return one.resources.filter((sid) => other.resources.includes(sid));
}

function found(code, field, rules, resources) {
  return [{ code, field, rules: rules.map((rule) => rule.rule), resources: [...new Set(resources)].sort() }];
}

function hasPriorities(rule) {
  return new Set(rule.nodes.map((entry) => entry.priority)).size > 1;
}

function severalNodeRules({ rule, nodeRules }) {
  const overlapping = nodeRules.filter((other) => shared(rule, other).length);
  if (!overlapping.length) return [];
  const resources = overlapping.flatMap((other) => shared(rule, other));
  return found("several_node_rules", "resources", overlapping, resources);
}

function prioritiesInNodeRule({ rule, resourceRules }) {
  if (!hasPriorities(rule)) return [];
  const touched = resourceRules.filter((other) => shared(rule, other).length);
  if (!touched.length) return [];
  return found("priorities", "nodes", touched, touched.flatMap((other) => shared(rule, other)));
}

/** Resources to keep together, of which some now stand in this node rule and some in another. */
function splitsTogether({ rule, nodeRules, resourceRules }) {
  return resourceRules
    .filter((other) => other.affinity === "positive" && shared(rule, other).length)
    .flatMap((together) => {
      const elsewhere = nodeRules.filter((other) => shared(together, other).length);
      if (!elsewhere.length) return [];
      return found("together_across", "resources", [together, ...elsewhere], together.resources);
    });
}

function leavesTooFewNodes({ rule, nodeRules, resourceRules }) {
  return resourceRules
    .filter((other) => other.affinity === "negative" && shared(rule, other).length)
    .flatMap((apart) => tooFew(apart, [rule, ...nodeRules], apart));
}

function fewerThanTwo({ rule }) {
  return rule.resources.length < 2 ? found("fewer_than_two", "resources", [], rule.resources) : [];
}

function moreThanNodes({ rule, nodes }) {
  if (rule.affinity !== "negative" || rule.resources.length <= nodes.length) return [];
  return found("more_than_nodes", "resources", [], rule.resources);
}

function contradicts({ rule, resourceRules }) {
  const against = resourceRules.filter(
    (other) => other.affinity !== rule.affinity && shared(rule, other).length > 1,
  );
  if (!against.length) return [];
  return found("contradicts", "resources", against, against.flatMap((other) => shared(rule, other)));
}

function prioritiesElsewhere({ rule, nodeRules }) {
  const touched = nodeRules.filter((other) => hasPriorities(other) && shared(rule, other).length);
  if (!touched.length) return [];
  return found("priorities", "resources", touched, touched.flatMap((other) => shared(rule, other)));
}

function togetherAcross({ rule, nodeRules }) {
  const touched = nodeRules.filter((other) => shared(rule, other).length);
  if (rule.affinity !== "positive" || touched.length < 2) return [];
  return found("together_across", "resources", touched, touched.flatMap((other) => shared(rule, other)));
}

function apartOnTooFew({ rule, nodeRules }) {
  return rule.affinity === "negative" ? tooFew(rule, nodeRules, null) : [];
}

/** Resources to keep apart that node rules hold on fewer nodes than there are of them. */
function tooFew(apart, nodeRules, named) {
  const touched = nodeRules.filter((other) => shared(apart, other).length);
  const bound = new Set(touched.flatMap((other) => shared(apart, other)));
  const allowed = new Set(touched.flatMap((other) => other.nodes.map((entry) => entry.node)));
  if (allowed.size >= bound.size) return [];
  const rules = named ? [named] : touched;
  return found("apart_on_too_few", named ? "nodes" : "resources", rules, [...bound]);
}

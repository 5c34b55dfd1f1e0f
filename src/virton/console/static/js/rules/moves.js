/** What the rules of the snapshot say about moving a resource to a node. */

import { list, t } from "../i18n.js";

/** Sentences about a move: who moves along, and which rule stands in the way. */
export function moveConsequences(resource, target, snapshot) {
  const rules = snapshot.rules.filter(
    (rule) => !rule.disabled && rule.resources.includes(resource.sid),
  );
  return rules.map((rule) => consequence(rule, resource, target, snapshot)).filter(Boolean);
}

function consequence(rule, resource, target, snapshot) {
  const others = rule.resources.filter((sid) => sid !== resource.sid);
  if (rule.type === "node-affinity") return nodeConsequence(rule, target);
  if (rule.affinity === "positive") {
    return others.length ? t("move.rule.together", { rule: rule.rule, sids: list(others) }) : null;
  }
  const there = others.filter((sid) => nodeOf(sid, snapshot) === target);
  return there.length
    ? t("move.rule.apart", { rule: rule.rule, sids: list(there), node: target })
    : null;
}

function nodeConsequence(rule, target) {
  const named = rule.nodes.some((entry) => entry.node === target);
  const avoids = rule.affinity === "negative";
  if (named !== avoids) return null;
  const wish = avoids ? "move.rule.avoided" : "move.rule.preferred";
  return t(rule.strict ? "move.rule.strict" : wish, { rule: rule.rule, node: target });
}

function nodeOf(sid, snapshot) {
  return snapshot.resources.find((resource) => resource.sid === sid)?.node;
}

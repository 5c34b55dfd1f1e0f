/** Conflicts of rules and what ends them as sentences: which rule, which resources, and why. */

import type { Consequence, Mending } from "../core/rule-advice.js";
import type { Conflict, Rule } from "../model.js";
import { wordMessage } from "../words/errors.js";
import { list, t } from "../words/i18n.js";
import { nameOf } from "../words/names.js";

/** What is against a rule: in the page's words, and in the cluster's own. */
export interface RuleErrors {
  sentences: string[];
  own: string[];
}

/** A conflict in words. */
export function conflictSentence(conflict: Conflict): string {
  return t(`conflict.${conflict.reason}`, {
    rules: ruleNames(conflict.against),
    together: ruleNames(conflict.together),
    resources: list(conflict.resources.map(nameOf)),
    count: conflict.resources.length,
  });
}

/** Which rules alone contradict already, where more were named. */
export function smallestSentence({ smallest, against, together }: Conflict): string {
  const named = new Set([...against, ...together, ...smallest]);
  return smallest.length > 1 && smallest.length < named.size
    ? t("conflict.smallest", { rules: ruleNames(smallest) })
    : "";
}

/** What ends a conflict, in words. */
export function mendingText({ kind, rule, names, nodes }: Mending): string {
  const affected = kind === "take_out" ? names.map(nameOf) : names;
  const values = { rule: ruleNames([rule]), names: list(affected), count: nodes.length };
  return t(`mending.${kind}`, values);
}

/** What becomes of a move, in words. */
export function consequenceSentence(one: Consequence, node: string): string {
  const values = { rules: ruleNames(one.rules), others: list(one.others.map(nameOf)), nodes: list(one.nodes) };
  return t(`move.rule.${one.effect}`, { ...values, node });
}

/** Rules by their names; one that has none yet is the one in the form. */
function ruleNames(names: string[]): string {
  return list(names.map((name) => (name ? `‘${name}’` : t("conflict.this_rule"))));
}

/** What the cluster says against a rule: the page's words with names where it can tell, and the cluster's own. */
export function ruleErrors(rule: Rule): RuleErrors {
  const own = Object.values(rule.errors ?? {}).flat();
  if (!own.length) return { sentences: [], own };
  const named = rule.conflicts.map(conflictSentence);
  const sentences = named.length ? named : own.map((text) => wordMessage(text) ?? text);
  return { sentences: [...new Set(sentences)], own };
}

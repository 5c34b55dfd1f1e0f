/** Conflicts of rules as sentences: which rule, which resources, and why. */

import type { PageModel, Rule } from "../model.js";
import { wordMessage } from "../words/errors.js";
import { list, t } from "../words/i18n.js";
import { nameOf } from "../words/names.js";
import { type Conflict, conflictsOf } from "./conflicts.js";

/** What is against a rule: in the page's words, and in the cluster's own. */
export interface RuleErrors {
  sentences: string[];
  own: string[];
}

/** A conflict in words. */
export function conflictSentence(conflict: Conflict): string {
  return t(`conflict.${conflict.code}`, {
    rules: ruleNames(conflict.rules),
    together: ruleNames(conflict.together ?? []),
    resources: list(conflict.resources.map(nameOf)),
    count: conflict.resources.length,
  });
}

/** Rules by their names; one that has none yet is the one in the form. */
function ruleNames(names: string[]): string {
  return list(names.map((name) => (name ? `‘${name}’` : t("conflict.this_rule"))));
}

/** What the cluster says against a rule: the page's words with names where it can tell, and the cluster's own. */
export function ruleErrors(rule: Rule, snapshot: PageModel): RuleErrors {
  const own = Object.values(rule.errors ?? {}).flat();
  if (!own.length) return { sentences: [], own };
  const nodes = snapshot.nodes.map((node) => node.name);
  const named = conflictsOf(rule, snapshot.rules, nodes).map(conflictSentence);
  const sentences = named.length ? named : own.map((text) => wordMessage(text) ?? text);
  return { sentences: [...new Set(sentences)], own };
}

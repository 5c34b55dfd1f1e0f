/** What stands in a rule's cells: its resources, its nodes by priority, its policy. */

import { resourceOf } from "../core/store.js";
import type { Rule } from "../model.js";
import { t } from "../words/i18n.js";
import { nameOf } from "../words/names.js";
import type { Word } from "../words/states.js";

/** A rule's member; one that is not under HA is said to be none of it. */
export function memberText(sid: string): string {
  return resourceOf(sid) ? nameOf(sid) : `${nameOf(sid)} · ${t("pick.unmanaged")}`;
}

/** Whether a rule that is in use has too few members under HA to change anything. */
export function isIdle({ type, resources, disabled }: Rule): boolean {
  const managed = resources.filter(resourceOf).length;
  return !disabled && managed < (type === "resource-affinity" ? 2 : 1);
}

/** Nodes, highest priority first, equals by name; each with its priority, which an avoided one has not. */
export function nodeTexts({ nodes, affinity }: Pick<Rule, "nodes"> & Partial<Pick<Rule, "affinity">>): string[] {
  const inOrder = [...nodes].sort((a, b) => b.priority - a.priority || (a.node < b.node ? -1 : 1));
  const avoided = affinity === "negative";
  return inOrder.map(({ node, priority }) => (avoided ? node : `${node} (${priority})`));
}

interface Policy {
  type: string;
  affinity?: string | null;
  strict: boolean;
}

/** A rule's policy as a word and a colour. */
export function policyWord({ type, affinity, strict }: Policy): Word {
  const negative = affinity === "negative";
  if (type === "resource-affinity") {
    return { tone: negative ? "plum" : "info", text: t(`policy.${affinity}`) };
  }
  if (negative) return { tone: "plum", text: t(strict ? "policy.never" : "policy.avoid") };
  return strict
    ? { tone: "warn", text: t("policy.strict") }
    : { tone: "info", text: t("policy.preferred") };
}

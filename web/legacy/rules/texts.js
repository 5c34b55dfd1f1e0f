/** What stands in a rule's cells: its resources, its nodes by priority, its policy. */

import { t } from "../i18n.js";
import { nameOf } from "../names.js";
import { resourceOf } from "../store.js";

/** A rule's member; one that is not under HA is said to be none of it. */
export function memberText(sid) {
  return resourceOf(sid) ? nameOf(sid) : `${nameOf(sid)} · ${t("pick.unmanaged")}`;
}

/** Whether a rule that is in use has too few members under HA to change anything. */
export function isIdle({ type, resources, disabled }) {
  const managed = resources.filter(resourceOf).length;
  return !disabled && managed < (type === "resource-affinity" ? 2 : 1);
}

/** Nodes, highest priority first, equals by name; each with its priority, which an avoided one has not. */
export function nodeTexts({ nodes, affinity }) {
  const inOrder = [...nodes].sort((a, b) => b.priority - a.priority || (a.node < b.node ? -1 : 1));
  const avoided = affinity === "negative";
  return inOrder.map(({ node, priority }) => (avoided ? node : `${node} (${priority})`));
}

/** A rule's policy as a word and a colour. */
export function policyWord({ type, affinity, strict }) {
  const negative = affinity === "negative";
  if (type === "resource-affinity") {
    return { tone: negative ? "plum" : "info", text: t(`policy.${affinity}`) };
  }
  if (negative) return { tone: "plum", text: t(strict ? "policy.never" : "policy.avoid") };
  return strict
    ? { tone: "warn", text: t("policy.strict") }
    : { tone: "info", text: t("policy.preferred") };
}

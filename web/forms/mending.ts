/** Changes that end a contradiction or bring a resource back: each told with its effect, and done by one press. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { Asked } from "../core/asked.js";
import { write } from "../core/api.js";
import { hindrance } from "../core/hindrance.js";
import { writeChange } from "../core/overtaking.js";
import { askConflicts, type Mending, type MendableConflict } from "../core/rule-advice.js";
import { ruleOf, state } from "../core/store.js";
import { refresh } from "../core/stream.js";
import type { Rule } from "../model.js";
import { note } from "../parts/notes.js";
import { conflictSentence, mendingText, smallestSentence } from "../rules/sentences.js";
import { t } from "../words/i18n.js";
import { openDialog } from "./dialog.js";
import { type Question, ruleWords } from "./effect.js";

/** The ways to end a conflict, as buttons; `own` changes the rule in the form itself. */
export function mendingsView(
  conflict: MendableConflict,
  own: { rule: string; take: (way: Mending) => void } | null,
): TemplateResult {
  const button = (way: Mending) => {
    const isOwn = own !== null && way.rule === own.rule;
    const deed = () => (isOwn ? own.take(way) : openMending(way));
    const why = isOwn ? "" : hindrance();
    return html`<li><button type="button" class="button small" ?disabled=${Boolean(why)} title=${why} @click=${deed}>${mendingText(way)}</button></li>`;
  };
  const smallest = smallestSentence(conflict);
  const heading = html`<p class="soft small">${t("mending.title")}</p>`;
  return html`${smallest ? html`<p class="small">${smallest}</p>` : nothing}
    ${conflict.mendings.length ? html`${heading}<ul class="plain mendings">${conflict.mendings.map(button)}</ul>` : nothing}`;
}

/** Open what ends the conflicts of a rule that the cluster has. */
export function openMendings(name: string): void {
  const asked = new Asked(askConflicts);
  const follow = () => asked.follow(new URLSearchParams({ rule: name }), state.snapshot?.rules_digest);
  const body = () => {
    follow();
    const found = asked.answer ?? [];
    if (!asked.answer) return html`<p class="soft">${t("loading")}</p>`;
    if (!found.length) return html`<p>${t("mending.none_left", { rule: name })}</p>`;
    return found.map(
      (one) => html`<section><p>${conflictSentence(one)}</p>${mendingsView(one, null)}</section>`,
    );
  };
  openDialog({ title: t("mending.of", { rule: name }), body });
}

/** Ask whether a rule is to be changed so, with the effect of it. */
function openMending(way: Mending): void {
  const { rule: name, resources, nodes, disabled } = way;
  openRuleChange(name, mendingText(way), { resources, nodes, disabled });
}

/** Ask whether a rule is to be changed, with the effect of it; null: removed. */
export function openRuleChange(name: string, told: string, change: Partial<Rule> | null): void {
  const changed = (): Rule | null => {
    const rule = ruleOf(name);
    return rule && change ? { ...rule, ...change } : null;
  };
  const question = (): Question | null => {
    if (!change) return ruleOf(name) ? { remove: [name] } : null;
    const rule = changed();
    return rule && { change: [ruleWords(rule, ruleOf(name))] };
  };
  openDialog({
    title: t("mending.confirm"),
    size: "slim",
    body: () => html`<p><strong>${told}</strong></p>`,
    submit: { label: t("mending.apply") },
    writes: true,
    isReady: () => ruleOf(name) !== undefined,
    effect: question,
    notices: () => (ruleOf(name) ? [] : [t("rule.gone", { rule: name })]),
    onSubmit: async () => {
      const rule = changed();
      if (rule) await writeChange(`/api/rules/${encodeURIComponent(name)}`, ruleBody(rule), "rules_digest");
      else await write("DELETE", `/api/rules/${encodeURIComponent(name)}`);
      note(t(rule ? "rule.saved" : "rule.removed", { rule: name }));
      refresh().catch(() => {});
    },
  });
}

/** A rule as it is written: without what the cluster alone says of it. */
export function ruleBody(rule: Rule): object {
  const { errors: _errors, conflicts: _conflicts, order: _order, extra: _extra, ...body } = rule;
  return body;
}

/** Each word of the page and what it really means, for the page of help. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { t } from "../words/i18n.js";
import { LRM_STATES, lrmState, RESOURCE_STATES, resourceState, type Word } from "../words/states.js";
import { pill } from "./pill.js";

const COLUMNS = ["id", "node", "type", "name", "state", "max_restart", "max_relocate", "failback"];
const ROLES = ["crm", "lrm_role", "service", "quorum"];
const RULE_TERMS = [
  ["affinity", "name", "resources"],
  ["node_rule", "nodes", "example", "strict", "preferred"],
  ["resource_rule", "positive", "negative"],
];

type Line = [mark: unknown, key: string];

function listOf(lines: Line[], title = ""): TemplateResult {
  const line = ([mark, key]: Line) =>
    html`<dt>${mark}</dt>
      <dd>${t(key)}</dd>`;
  return html`${title ? html`<h3>${title}</h3>` : nothing}
    <dl class="legend">${lines.map(line)}</dl>`;
}

function term(key: string, textKey: string): Line {
  return [html`<strong>${t(key)}</strong>`, textKey];
}

function stateLine(word: Word, key: string): Line {
  return [pill(word), key];
}

function card(id: string, title: string, content: unknown): TemplateResult {
  return html`<section class="card" id=${id} aria-labelledby="${id}-title">
    <header><h2 id="${id}-title">${title}</h2></header>
    <div class="inside">${content}</div>
  </section>`;
}

/** What the roles and states of nodes mean. */
export function statusLegend(): TemplateResult {
  const shown = (display: string): Word =>
    lrmState({ display, state: null, mode: null, watchdog: null, at: null });
  const roles = ROLES.map((name) => term(`legend.${name}`, `legend.${name}.text`));
  const states = LRM_STATES.map((name) => stateLine(shown(name), `lrm.meaning.${name}`));
  const content = html`${listOf(roles)} ${listOf(states, t("legend.lrm"))}
    ${listOf([term("legend.caution", "legend.lost_lock")])}`;
  return card("help-status", t("legend.status"), content);
}

/** What the columns and states of resources mean. */
export function resourceLegend(): TemplateResult {
  const columns = COLUMNS.map((name) => term(`column.${name}`, `column.${name}.text`));
  const states = RESOURCE_STATES.map((name) =>
    stateLine(resourceState(name), `resource.meaning.${name}`),
  );
  const content = html`${listOf(columns, t("legend.columns"))} ${listOf(states, t("legend.states"))}`;
  return card("help-resources", t("legend.resources"), content);
}

/** What rules mean. */
export function ruleLegend(): TemplateResult {
  const lists = RULE_TERMS.map((names) =>
    listOf(names.map((name) => term(`legend.rule.${name}`, `legend.rule.${name}.text`))),
  );
  return card("help-rules", t("legend.rules"), lists);
}

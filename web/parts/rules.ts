/** Part 3: the two tables of affinity rules, folded together. */

import { html, nothing, type TemplateResult } from "lit/html.js";
import { live } from "lit/directives/live.js";

import { type ApiError, asApiError, write } from "../core/api.js";
import { drawNow, redraw } from "../core/draw.js";
import { hindrance, mayWrite } from "../core/hindrance.js";
import { pastShown } from "../core/past.js";
import * as preferences from "../core/preferences.js";
import { askConflicts, ruleQuery } from "../core/rule-advice.js";
import { ruleOf, state } from "../core/store.js";
import { refresh } from "../core/stream.js";
import { openMendings, ruleBody } from "../forms/mending.js";
import { openRuleForm, type RuleType } from "../forms/rule.js";
import { openRuleRemoval } from "../forms/rule-removal.js";
import type { PageModel, Rule } from "../model.js";
import { conflictSentence, type RuleErrors, ruleErrors } from "../rules/sentences.js";
import { isIdle, memberText, nodeTexts, policyWord } from "../rules/texts.js";
import { messageView, wordError, wordMessage } from "../words/errors.js";
import { list, t, tn } from "../words/i18n.js";
import { groupsView } from "./groups.js";
import { icon } from "./icons.js";
import { menuButton, type MenuItem } from "./menu.js";
import { note } from "./notes.js";
import { partView } from "./part.js";
import { pill } from "./pill.js";
import { cellsOf, type Column, tableView } from "./table.js";

const TYPES: RuleType[] = ["node-affinity", "resource-affinity"];
const switching = new Set<string>();
let isOpen = preferences.unfolded("rules", true);

/** What other parts of the page add to the menu of a rule. */
export const ruleMenu: ((rule: Rule) => MenuItem[])[] = [];

/** What stands before the menu of a rule: buttons of other parts of the page. */
export const ruleButtons: ((rule: Rule) => TemplateResult)[] = [];

/** Unfold the part if need be, and bring a rule into sight. */
export function lookAtRule(name: string): void {
  isOpen = true;
  drawNow();
  const row = document.getElementById(`rule-row-${name}`);
  row?.scrollIntoView({ block: "center" });
  row?.querySelector<HTMLElement>(".menu-button")?.focus({ preventScroll: true });
}

/** The part. */
export function rulesView(): TemplateResult {
  return partView({
    id: "rules",
    source: "rules",
    title: t("rules.title"),
    tools: html`<h3 class="small soft plain-title">${t("rules.heading")}</h3>
      <span class="tools">${foldButton()}</span>`,
    isEmpty: false,
    emptyText: "",
    isFolded: !isOpen,
    isAgeless: pastShown() !== null,
    content: () => state.snapshot && bodyView(state.snapshot),
  });
}

function foldButton(): TemplateResult {
  const fold = () => {
    isOpen = !isOpen;
    preferences.rememberUnfolded("rules", isOpen);
    redraw();
  };
  return html`<button type="button" class="button icon bare" aria-expanded=${isOpen ? "true" : "false"} aria-controls="rules" aria-labelledby="rules-title" @click=${fold}>${icon(isOpen ? "up" : "down")}</button>`;
}

function bodyView(page: PageModel): TemplateResult {
  const isSupported = page.cluster.rules_supported;
  return html`<div>
    <span class="unseen" id="rules-forbidden">${hindrance()}</span>
    ${isSupported ? html`<div class="two edge">${TYPES.map((type) => cardView(type, page))}</div>` : nothing}
    ${groupsView(page.cluster)}
  </div>`;
}

function cardView(type: RuleType, page: PageModel): TemplateResult {
  const rules = page.rules.filter((rule) => rule.type === type);
  const tone = type === "node-affinity" ? "info" : "plum";
  const why = hindrance();
  const described = why ? `${type}-title rules-forbidden` : `${type}-title`;
  return html`<section data-rules=${type} aria-labelledby="${type}-title">
    <header>
      <h4 id="${type}-title">${t(`rules.${type}`)}</h4>
      <span class="pill" data-tone=${tone}>${tn("rules.count", rules.length)}</span>
      ${pastShown() !== null ? nothing : html`<button type="button" class="button main push" id="add-${type}" ?disabled=${!mayWrite()} title=${why} aria-describedby=${described} @click=${() => openRuleForm(type, null)}>${t("rules.add")}</button>`}
    </header>
    ${rules.length ? rulesTable(type, rules) : html`<p class="empty">${t(`rules.empty.${type}`)}</p>`}
  </section>`;
}

interface Row {
  rule: Rule;
  errors: RuleErrors;
  /** The row below a rule that says what the cluster has against it. */
  isDetail?: boolean;
}

function rulesTable(type: RuleType, rules: Rule[]): TemplateResult {
  const columns = columnsOf(type);
  const rows = rules.flatMap((rule): Row[] => {
    const errors = ruleErrors(rule);
    return errors.sentences.length ? [{ rule, errors }, { rule, errors, isDetail: true }] : [{ rule, errors }];
  });
  return tableView({
    label: t(`rules.${type}`),
    kind: `rules ${type}`,
    columns,
    rows,
    keyOf: ({ rule, isDetail }) => `${rule.rule}${isDetail ? " detail" : ""}`,
    rowView: (row) => (row.isDetail ? detailRow(row, columns.length) : ruleRow(row, columns)),
  });
}

function ruleRow(row: Row, columns: Column<Row>[]): TemplateResult {
  return html`<tr role="row" id="rule-row-${row.rule.rule}" class=${row.rule.disabled ? "is-off" : ""}>${cellsOf(columns, row)}</tr>`;
}

function detailRow({ rule, errors }: Row, span: number): TemplateResult {
  const { sentences, own } = errors;
  const lines = sentences.slice(0, -1).map((sentence) => html`<p>${sentence}</p>`);
  const label = t("mending.of", { rule: rule.rule });
  const mend = html`<button type="button" class="button small" aria-label=${label} @click=${() => openMendings(rule.rule)}>${t("mending.open")}</button>`;
  return html`<tr role="row" class="detail"><td role="cell" colspan=${span}>${lines}<div>${messageView(sentences.at(-1) ?? "", own.join("; "))} ${rule.conflicts.length && pastShown() === null ? mend : nothing}</div></td></tr>`;
}

function columnsOf(type: RuleType): Column<Row>[] {
  const isNode = type === "node-affinity";
  const members = ({ rule }: Row) => list(rule.resources.map(memberText));
  const nodes = ({ rule }: Row) => list(nodeTexts(rule));
  const nodeColumn = { key: "nodes", head: t("rule.nodes_weighted"), isWhole: true, cell: nodes, title: nodes };
  const policy = t(isNode ? "rule.policy_strict" : "rule.policy_affinity");
  return [
    { key: "name", head: t("rule.name"), isHead: true, cell: nameView, title: ({ rule }) => [rule.rule, rule.comment].filter(Boolean).join(" · ") },
    { key: "resources", head: t("rule.resources"), isWrapped: true, cell: members, title: members },
    ...(isNode ? [nodeColumn] : []),
    { key: "policy", head: policy, cell: ({ rule }) => pill(policyWord(rule)) },
    { key: "use", head: t("rule.enabled"), cell: switchView },
    { key: "acts", head: t("rules.actions"), isUnseen: true, cell: actsView },
  ];
}

function nameView({ rule, errors }: Row): TemplateResult {
  const isWithoutEffect = isIdle(rule);
  const mark = isWithoutEffect
    ? pill({ tone: "warn", text: t("rule.no_effect") })
    : errors.sentences.length
      ? pill({ tone: "bad", text: t("rule.conflict") })
      : nothing;
  const comment = rule.comment ? html` <span class="comment">${rule.comment}</span>` : nothing;
  return html`<span>${rule.rule}</span> ${mark}${comment}`;
}

function switchView({ rule }: Row): TemplateResult {
  const { rule: name, disabled } = rule;
  if (pastShown() !== null) return pill({ tone: disabled ? "idle" : "info", text: t(disabled ? "off" : "on") });
  const why = hindrance();
  const isBusy = switching.has(name);
  return html`<input type="checkbox" role="switch" class="switch" .checked=${isBusy ? nothing : live(!disabled)} ?disabled=${!mayWrite()} aria-busy=${isBusy ? "true" : "false"} aria-label=${t("rule.use", { rule: name })} title=${why} aria-describedby=${why ? "rules-forbidden" : nothing} @change=${(event: Event) => setEnabled(name, event.target as HTMLInputElement)} />`;
}

function actsView({ rule }: Row): TemplateResult | typeof nothing {
  if (pastShown() !== null) return nothing;
  const { rule: name, type } = rule;
  const why = hindrance();
  const items = (): MenuItem[] => [
    {
      label: t("rule.edit", { rule: name }),
      hindrance: why,
      deed: () => openRuleForm(type as RuleType, ruleOf(name) ?? rule),
    },
    ...ruleMenu.flatMap((itemsOf) => itemsOf(rule)),
    {
      label: t("rule.remove", { rule: name }),
      hindrance: why,
      isDanger: true,
      deed: () => openRuleRemoval(rule),
    },
  ];
  return html`${ruleButtons.map((button) => button(rule))}${menuButton(name, items)}`;
}

async function setEnabled(name: string, toggle: HTMLInputElement): Promise<void> {
  const rule = ruleOf(name);
  if (!rule) return;
  const disabled = !toggle.checked;
  switching.add(name);
  redraw();
  try {
    await write("PUT", `/api/rules/${encodeURIComponent(name)}`, { ...ruleBody(rule), disabled });
    note(t(disabled ? "rule.switched_off" : "rule.switched_on", { rule: name }));
    refresh().catch(() => {});
  } catch (thrown) {
    toggle.checked = !ruleOf(name)?.disabled;
    const words = await reasonOf(asApiError(thrown), { ...rule, disabled });
    note(t("rule.switch_failed", { rule: name, words }), "warn");
  } finally {
    switching.delete(name);
    redraw();
  }
}

/** Why the cluster refused: by name where rules say it, else in the cluster's words. */
async function reasonOf(error: ApiError, rule: Rule): Promise<string> {
  const query = ruleQuery(rule);
  const found = query ? await askConflicts(query).catch(() => []) : [];
  const texts = Object.values(error.fields).map((text) => wordMessage(text) ?? text);
  return (found.length ? found.map(conflictSentence) : [wordError(error), ...texts]).join(" ");
}

/** HA groups, which older versions have in the place of rules: read-only, as the rules that they become. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import type { Cluster, Group } from "../model.js";
import { nodeTexts, policyWord } from "../rules/texts.js";
import { list, t } from "../words/i18n.js";
import { nameOf } from "../words/names.js";
import { pill } from "./pill.js";
import { cellsOf, type Column, tableView } from "./table.js";

/** A cluster's groups, where there are any or nothing else is known. */
export function groupsView(cluster: Cluster): TemplateResult | null {
  const { groups = [], rules_supported: isSupported } = cluster;
  if (!groups.length && isSupported) return null;
  const columns = columnsNow();
  return html`<section class="groups-part" aria-labelledby="groups-title">
    <h4 id="groups-title">${t("groups.title")}</h4>
    <p class="soft">${t(isSupported ? "groups.waiting" : "groups.why")}</p>
    ${tableView({
      label: t("groups.title"),
      kind: "rules groups",
      columns,
      rows: groups,
      keyOf: ({ group }) => group,
      rowView: (group) => html`<tr role="row">${cellsOf(columns, group)}</tr>`,
    })}
  </section>`;
}

function columnsNow(): Column<Group>[] {
  return [
    { key: "name", head: t("groups.name"), isHead: true, cell: nameView },
    { key: "becomes", head: t("groups.rule"), cell: becomesView },
    { key: "resources", head: t("rule.resources"), cell: membersText, title: membersText },
    { key: "nodes", head: t("rule.nodes_weighted"), cell: nodesText, title: nodesText },
    { key: "policy", head: t("rule.policy_strict"), cell: policyView },
  ];
}

function nameView({ group, comment }: Group): TemplateResult {
  return html`${group}${comment ? html` <span class="comment">${comment}</span>` : nothing}`;
}

function becomesView({ rule }: Group): TemplateResult {
  return rule
    ? html`<span class="strong">${rule.rule}</span> ${pill({ tone: "info", text: t("groups.becomes") })}`
    : html`<span class="soft">${t("groups.vanishes")}</span>`;
}

function membersText({ rule }: Group): string {
  return rule ? list(rule.resources.map(nameOf)) : "–";
}

function nodesText(group: Group): string {
  return list(nodeTexts(group));
}

function policyView({ restricted, nofailback }: Group): TemplateResult {
  const policy = policyWord({ type: "node-affinity", strict: restricted });
  const failback = nofailback ? pill({ tone: "idle", text: t("groups.nofailback") }) : nothing;
  return html`<span class="badges">${pill(policy)}${failback}</span>`;
}

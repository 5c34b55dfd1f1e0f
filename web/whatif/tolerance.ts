/** The table of what the cluster bears: nodes, pairs, named domains and splits, case by case. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { redraw } from "../core/draw.js";
import { isTableFresh, isTableRefused, knownTable, type TableRow } from "../core/forecast.js";
import { may } from "../core/store.js";
import { manualLink } from "../parts/manual.js";
import { cellsOf, type Column, tableView } from "../parts/table.js";
import { verdictPill } from "../parts/why.js";
import { list, t, tn } from "../words/i18n.js";
import { lossesText, tableAge } from "../words/losses.js";
import { open } from "./play.js";
import { addressOf } from "./question.js";

const KINDS = ["node", "domain", "split", "pair"];
/** So many rows of one kind are shown at first. */
const AT_FIRST = 20;
const unfolded = new Set<string>();

/** The table. */
export function toleranceView(): TemplateResult {
  const table = knownTable();
  const age = table ? tableAge(table) : "";
  return html`<section class="card" id="tolerance" aria-labelledby="tolerance-title" aria-busy=${isTableFresh() || isTableRefused() ? "false" : "true"}>
    <header><h2 id="tolerance-title">${t("tolerance.title")}</h2>${manualLink("tolerance")}<span class="small soft" role="status">${age}</span></header>
    ${table?.rows.length ? rowsView(table.rows) : withoutRows(table?.trouble)}
  </section>`;
}

function withoutRows(trouble: string | null | undefined): TemplateResult {
  if (isTableRefused()) return html`<p class="empty">${t(may("Sys.Audit") ? "tolerance.refused" : "forbidden.audit")}</p>`;
  return html`<p class="loading">${trouble ?? t("tolerance.computing")}</p>`;
}

function rowsView(all: TableRow[]): TemplateResult {
  const columns: Column<TableRow>[] = [
    { key: "name", head: t("tolerance.lost"), isHead: true, cell: caseName, title: caseName },
    { key: "verdict", head: t("whatif.verdict"), cell: caseVerdict },
    { key: "struck", head: t("tolerance.struck"), cell: struckText, title: struckText },
    { key: "resets", head: t("tolerance.resets"), cell: ({ resets }) => list(resets), title: ({ resets }) => list(resets) },
    { key: "acts", head: t("tolerance.open"), isUnseen: true, cell: openCase },
  ];
  const rows = KINDS.flatMap((kind) => shown(all, kind));
  return html`${tableView<TableRow>({ label: t("tolerance.title"), kind: "tolerance", columns, rows, keyOf: ({ kind, name }) => `${kind} ${name}`, rowView: (row) => html`<tr role="row" data-safe=${row.safe ? "true" : "false"}>${cellsOf(columns, row)}</tr>` })}
    <p class="inside tools">${KINDS.map((kind) => moreButton(all, kind))}</p>`;
}

/** The rows of a kind: all that are not borne, and of many others the first. */
function shown(all: TableRow[], kind: string): TableRow[] {
  const rows = all.filter((row) => row.kind === kind);
  if (unfolded.has(kind) || rows.length <= AT_FIRST) return rows;
  return rows.filter((row, at) => !row.safe || at < AT_FIRST);
}

function moreButton(all: TableRow[], kind: string): TemplateResult | typeof nothing {
  const more = all.filter((row) => row.kind === kind).length - shown(all, kind).length;
  if (more <= 0) return nothing;
  const unfold = () => {
    unfolded.add(kind);
    redraw();
  };
  return html`<button type="button" class="button small" @click=${unfold}>${t(`tolerance.rest.${kind}`, { count: more })}</button>`;
}

function caseName({ kind, name }: TableRow): string {
  return kind === "node" || kind === "pair" ? name : `${t(`tolerance.kind.${kind}`)} ${name}`;
}

function caseVerdict(row: TableRow): TemplateResult {
  if (!row.safe) return verdictPill(row.worst);
  return row.worst === "squeezed" ? verdictPill("squeezed") : html`<span class="pill" data-tone="ok">${t("tolerance.safe")}</span>`;
}

/** Who would not come back and why, then how many guests outside HA. */
function struckText(row: TableRow): string {
  const { length } = row.outside_ha;
  const outside = length ? tn("whatif.outside", length) : "";
  return [lossesText(row), outside].filter(Boolean).join(" · ");
}

function openCase(row: TableRow): TemplateResult {
  const address = addressOf(row);
  const follow = (event: Event) => {
    event.preventDefault();
    open(address);
  };
  const label = t("tolerance.open.of", { name: caseName(row) });
  return html`<a class="button bare small" href=${address} aria-label=${label} @click=${follow}>${t("tolerance.open")}</a>`;
}

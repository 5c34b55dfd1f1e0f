/** Part 1: the CRM master row and one LRM row a node. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { isTableFresh, knownTable } from "../core/forecast.js";
import { pastShown } from "../core/past.js";
import { clusterNow, state } from "../core/store.js";
import type { Lrm, Node, PageModel, Resource } from "../model.js";
import { ago, clock, dateTime, gib, has, number, t } from "../words/i18n.js";
import { lrmState, nodeTrouble, type Word } from "../words/states.js";
import { bar } from "./bar.js";
import { haTools } from "./ha-tools.js";
import { labInRows, labSwitches } from "./lab.js";
import { latestText } from "./latest.js";
import { menuButton, type MenuItem } from "./menu.js";
import { partView } from "./part.js";
import { badges } from "./pill.js";
import { showNode } from "./resources.js";
import { cellsOf, type Column, tableView } from "./table.js";
import { addressFor } from "../core/place.js";

const OLD_S = 30;

/** The master's row, or a node's. */
type Row = { node: null; page: PageModel } | { node: Node; page: PageModel };

/** What stands before the menu of a node: buttons of other parts of the page. */
export const nodeButtons: ((node: Node) => TemplateResult)[] = [];

/** What the page adds to the menu of a node. */
export const nodeMenu: ((node: Node) => MenuItem[])[] = [
  ({ name }) => [{ label: t("nodes.show"), deed: () => showNode(name) }],
  ({ name }) => [
    { label: t("nodes.maintain"), deed: () => location.assign(addressFor(`/maintenance?${new URLSearchParams({ node: name })}`)) },
  ],
];

/** The part. */
export function nodesView(): TemplateResult {
  const { snapshot } = state;
  return partView({
    id: "status",
    source: "status",
    title: t("status.title"),
    isAgeless: pastShown() !== null,
    tools: html`<div class="tools"><span class="small soft">${snapshot ? fencingText(snapshot) : ""}</span>${pastShown() === null ? haTools() : nothing}</div>`,
    isEmpty: snapshot?.nodes.length === 0,
    emptyText: t("status.empty"),
    content: () => snapshot && tableOf(snapshot),
  });
}

function tableOf(page: PageModel): TemplateResult {
  const rows: Row[] = [{ node: null, page }, ...page.nodes.map((node) => ({ node, page }))];
  const columns = columnsNow(page);
  return tableView({
    label: t("status.title"),
    kind: labInRows() ? "nodes has-lab" : "nodes",
    columns,
    rows,
    keyOf: ({ node }) => node?.name ?? "",
    rowView: (row) =>
      html`<tr role="row" class=${row.node && row.node.lost ? "last-known" : row.node ? "" : "crm"}>${cellsOf(columns, row)}</tr>`,
  });
}

function columnsNow({ resources }: PageModel): Column<Row>[] {
  const guests = countByNode(resources);
  const of = (show: (node: Node, page: PageModel) => unknown) => (row: Row) =>
    row.node ? show(row.node, row.page) : nothing;
  const name = (row: Row) => (row.node ? row.node.name : (row.page.master?.node ?? "–"));
  return [
    { key: "node", head: t("column.node"), isHead: true, isWhole: true, cell: name, title: name },
    { key: "role", head: t("column.role"), isWrapped: true, cell: ({ node }) => t(node ? "lrm.role" : "crm.role") },
    { key: "service", head: t("column.service"), isWrapped: true, cell: serviceOf, title: serviceOf },
    { key: "state", head: t("column.state"), cell: stateView, title: stateTitle },
    { key: "memory", head: t("column.memory_short"), cell: of(memoryView) },
    { key: "cpu", head: t("column.cpu_short"), cell: of(cpuView) },
    { key: "guests", head: t("column.guests"), cell: of(({ name }) => guestsView(guests.get(name) ?? 0)) },
    { key: "report", head: t("column.report"), isWrapped: true, cell: reportView, title: reportTitle },
    ...(labInRows() ? [{ key: "lab", head: t("lab.title"), cell: of(({ name }: Node) => labSwitches(name)) }] : []),
    { key: "acts", head: t("column.acts"), isUnseen: true, cell: of(menuView) },
  ];
}

function serviceOf({ node }: Row): string {
  return node ? modeName(node.lrm) : t("crm.service");
}

/** The operating mode as Proxmox spells it, with the Korean or English word where it is not the usual one. */
function modeName(lrm: Lrm | null): string {
  if (!lrm?.mode) return "–";
  const key = `lrm.mode.${lrm.mode}`;
  return lrm.mode !== "active" && has(key) ? t(key) : lrm.mode;
}

/** The words of a row's state, and what is said beside them. */
function wordsOf({ node, page }: Row): { words: Word[]; beside: string } {
  if (!node) return { words: [quorumWord(page), ...masterWord(page)], beside: votesText(page) };
  const trouble = nodeTrouble(node);
  const lrm = lrmState(node.lrm);
  // What a lost node said last is no state of it.
  if (node.lost && trouble) return { words: [trouble], beside: t("nodes.last", { state: lrm.text }) };
  // Its manager says the same as it does, and says more.
  const isSaid = node.ha_state === node.lrm?.display;
  // An old report may call a watchdog idle that is about to fire.
  const isTold = node.lrm?.watchdog && node.lrm.display !== "dead";
  const watchdog = isTold ? t(`watchdog.${node.lrm?.watchdog}`) : "";
  const beside = [watchdog, resetText(node)].filter(Boolean).join(" · ");
  return { words: trouble && !isSaid ? [trouble, lrm] : [lrm], beside };
}

/** Whether a node would reset itself if quorum were lost now, once the model has told it. */
function resetText({ name, online, lrm }: Node): string {
  const isKnown = online && pastShown() === null && isTableFresh();
  const armed = isKnown ? knownTable()?.armed : null;
  // Between two states the one would be said of the node that was, the other of the one that is.
  const isOpen = lrm?.watchdog ? lrm.watchdog === "active" : armed?.includes(name);
  return armed && isOpen === armed.includes(name) ? t(armed.includes(name) ? "nodes.would_reset" : "nodes.would_not_reset") : "";
}

function stateView(row: Row): TemplateResult {
  const { words, beside } = wordsOf(row);
  return badges(words, beside);
}

function stateTitle(row: Row): string {
  const { words, beside } = wordsOf(row);
  const latest = row.node ? latestText(row.node.name) : "";
  return [...words.map((word) => word.text), beside, latest].filter(Boolean).join(" · ");
}

function quorumWord({ quorum }: PageModel): Word {
  if (!quorum) return { tone: "idle", text: t("quorum.unknown") };
  return quorum.ok ? { tone: "ok", text: t("quorum.ok") } : { tone: "bad", text: t("quorum.lost") };
}

/** What is to be said of the master beside the quorum; nothing when it does its work. */
function masterWord({ master }: PageModel): Word[] {
  if (!master) return [{ tone: "warn", text: t("master.none") }];
  if (master.state === "active") return [];
  return [{ tone: master.state === "idle" ? "idle" : "warn", text: t(`master.${master.state}`) }];
}

/** Votes present and needed, where each node has one. */
function votesText({ cluster, nodes, quorum }: PageModel): string {
  const all = cluster.votes ?? 0;
  if (!quorum?.ok || all !== nodes.length) return "";
  const present = nodes.filter((node) => node.online).length;
  return t("quorum.votes", { present, all, majority: Math.floor(all / 2) + 1 });
}

function memoryView({ mem, maxmem }: Node): unknown {
  if (!maxmem || mem === null) return "–";
  const share = mem / maxmem;
  return useView(`${gib(mem)} / ${gib(maxmem)} GiB`, share, t("nodes.memory", { percent: Math.round(share * 100) }));
}

function cpuView({ cpu }: Node): unknown {
  if (cpu === null || cpu === undefined) return "–";
  const percent = Math.round(cpu * 100);
  return useView(`${percent} %`, cpu, t("nodes.cpu", { percent }));
}

/** How much is used, in figures over a bar. */
function useView(text: string, share: number, label: string): TemplateResult {
  return html`<span class="use">${text}${bar(share, label)}</span>`;
}

/** How many; as a small card has no head over it, it says of what. */
function guestsView(count: number): TemplateResult {
  return html`<span class="card-word">${t("column.guests")} </span>${number(count)}`;
}

function countByNode(resources: Resource[]): Map<string | null, number> {
  const counts = new Map<string | null, number>();
  for (const { node } of resources) counts.set(node, (counts.get(node) ?? 0) + 1);
  return counts;
}

function reportedAt({ node, page }: Row): number | null {
  return (node ? node.lrm?.at : page.master?.at) ?? null;
}

/** A report is made at least every ten seconds: an older one says how old it is. */
function reportView(row: Row): unknown {
  const at = reportedAt(row);
  if (at === null) return "–";
  const age_s = clusterNow() - at;
  return age_s > OLD_S ? html`<span class="bad-word">${ago(age_s, true)}</span>` : clock(at);
}

function reportTitle(row: Row): string {
  const at = reportedAt(row);
  return at === null ? "" : dateTime(at);
}

function menuView(node: Node): TemplateResult | typeof nothing {
  if (pastShown() !== null) return nothing;
  const menu = menuButton(node.name, () => nodeMenu.flatMap((itemsOf) => itemsOf(node)));
  return html`${nodeButtons.map((button) => button(node))}${menu}`;
}

/** Whether fencing is armed; without quorum nobody can tell that it is at rest. */
function fencingText({ fencing, quorum }: PageModel): string {
  const isBlind = quorum && !quorum.ok && fencing?.armed_state === "standby";
  if (!fencing || isBlind) return "";
  const armed = t(`fencing.${fencing.armed_state}`);
  const mode = fencing.resource_mode ? t(`fencing.mode.${fencing.resource_mode}`) : "";
  return [t("fencing.label", { state: armed }), mode].filter(Boolean).join(" · ");
}

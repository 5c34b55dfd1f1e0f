/** What becomes of everything: verdicts counted, each resource, the phases, the nodes, and what is assumed. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { redraw } from "../core/draw.js";
import { type Course, type Fate, type Span, VERDICTS } from "../core/forecast.js";
import { cellsOf, type Column, tableView } from "../parts/table.js";
import { verdictPill } from "../parts/why.js";
import { gib, list, number, t, tn } from "../words/i18n.js";
import { nameOf } from "../words/names.js";
import { phasesView } from "./phases.js";

type ResourceRow = [sid: string, fate: Fate];
type NodeRow = [name: string, node: Course["nodes"][string]];

/** Whether resources are listed with which nothing happens. */
let showsAll = false;

/** The course. */
export function courseView(told: Course): TemplateResult {
  const rows = Object.entries(told.resources);
  return html`<section class="card" aria-labelledby="course-title">
      <header><h2 id="course-title" tabindex="-1">${t("whatif.course")}</h2></header>
      <div class="inside">
        <p class="said ${told.quorate ? "" : "bad"}">${headText(told)}</p>
        <ul class="counts">${VERDICTS.map((verdict) => countView(verdict, rows))}</ul>
      </div>
      ${resourcesView(rows)}
    </section>
    ${phasesView(told.phases)} ${nodesView(told)} ${outsideView(told)} ${assumptionsView(told)}`;
}

function headText(told: Course): string {
  const resets = told.resets.length ? t("whatif.resets", { nodes: list(told.resets) }) : t("whatif.no_resets");
  const quorum = t(told.quorate ? "whatif.quorate" : "whatif.not_quorate");
  return [quorum, resets, told.endless ? t("whatif.endless") : ""].filter(Boolean).join(" ");
}

function countView(verdict: Fate["verdict"], rows: ResourceRow[]): TemplateResult {
  const count = rows.filter(([, fate]) => fate.verdict === verdict).length;
  return html`<li class=${count ? "" : "none"}>${verdictPill(verdict)} <b>${number(count)}</b></li>`;
}

function resourcesView(all: ResourceRow[]): TemplateResult {
  const struck = all.filter(([, { verdict, possible }]) => verdict !== "stays" || possible?.length);
  const rows = showsAll ? all : struck;
  const columns: Column<ResourceRow>[] = [
    { key: "name", head: t("column.name"), isHead: true, cell: ([sid]) => nameOf(sid), title: ([sid]) => nameOf(sid) },
    { key: "verdict", head: t("whatif.verdict"), cell: ([, fate]) => verdictPill(fate.verdict) },
    { key: "from", head: t("whatif.from"), cell: ([, fate]) => fate.from ?? "–" },
    { key: "to", head: t("whatif.to"), cell: ([, fate]) => placesOf(fate), title: ([, fate]) => placesOf(fate) },
    { key: "after", head: t("whatif.after"), cell: ([, fate]) => spanText(fate.after_s) },
    { key: "why", head: t("whatif.why"), cell: ([, fate]) => fate.says, title: ([, fate]) => fate.says },
  ];
  const table = tableView<ResourceRow>({
    label: t("whatif.course"),
    kind: "course",
    columns,
    rows,
    keyOf: ([sid]) => sid,
    rowView: (row) => html`<tr role="row">${cellsOf(columns, row)}</tr>`,
  });
  return html`${rows.length ? table : html`<p class="inside soft">${t("whatif.nothing_happens")}</p>`}
    ${all.length > struck.length ? othersButton(all.length - struck.length) : nothing}`;
}

function othersButton(count: number): TemplateResult {
  const toggle = () => {
    showsAll = !showsAll;
    redraw();
  };
  return html`<p class="inside"><button type="button" class="button small" aria-expanded=${showsAll ? "true" : "false"} @click=${toggle}>${tn("whatif.others", count)}</button></p>`;
}

/** Every node on which it may be in the end. */
export function placesOf({ node, possible }: Fate): string {
  const nodes = [node, ...(possible ?? []).map((one) => one.node)];
  return [...new Set(nodes.map((one) => one ?? "–"))].join(" | ");
}

/** A time, or between which times. */
export function spanText(at: Span | null): string {
  if (!at) return "";
  return at[0] === at[1] ? t("whatif.second", { at: at[0] }) : t("whatif.span", { from: at[0], to: at[1] });
}

function nodesView(told: Course): TemplateResult {
  const share = (part: number, whole: number) => (whole ? `${Math.round((part / whole) * 100)} %` : "–");
  const memory = ([, node]: NodeRow) =>
    `${share(node.before.assigned_memory, node.memory)} → ${share(node.after.assigned_memory, node.memory)} (${gib(node.memory)} GiB)`;
  const columns: Column<NodeRow>[] = [
    { key: "name", head: t("column.node"), isHead: true, cell: ([name]) => name },
    { key: "on", head: t("column.state"), cell: ([, { online }]) => t(`whatif.online.${online[0]}.${online[1]}`) },
    { key: "memory", head: t("whatif.assigned"), cell: memory, title: memory },
    { key: "full", head: t("whatif.room"), cell: ([, node]) => roomView(node) },
  ];
  return html`<section class="card" aria-labelledby="after-title">
    <header><h2 id="after-title">${t("whatif.nodes_after")}</h2></header>
    ${tableView<NodeRow>({ label: t("whatif.nodes_after"), kind: "after", columns, rows: Object.entries(told.nodes), keyOf: ([name]) => name, rowView: (row) => html`<tr role="row">${cellsOf(columns, row)}</tr>` })}
  </section>`;
}

/** How much memory is left; nothing on a node that is gone, and a word where it is too little. */
function roomView({ online, memory, after, overfull }: Course["nodes"][string]): unknown {
  if (!online[1]) return "–";
  const left = `${gib(memory - after.assigned_memory)} GiB`;
  return overfull ? html`${left} ${verdictPill("squeezed")}` : left;
}

function outsideView(told: Course): TemplateResult | typeof nothing {
  if (!told.outside_ha.length) return nothing;
  return html`<section class="card" aria-labelledby="outside-title">
    <header><h2 id="outside-title">${tn("whatif.outside", told.outside_ha.length)}</h2></header>
    <p class="inside">${list(told.outside_ha.map(nameOf))}</p>
  </section>`;
}

function assumptionsView(told: Course): TemplateResult {
  return html`<section class="card" aria-labelledby="assumed-title">
    <header><h2 id="assumed-title">${t("whatif.assumptions")}</h2></header>
    <ul class="inside plain small soft">${told.assumptions.map(({ says }) => html`<li>${says}</li>`)}</ul>
  </section>`;
}

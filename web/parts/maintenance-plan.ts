/** The plan of a maintenance: node by node who goes where, what cannot, what is borne, who returns. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { LOST } from "../core/forecast.js";
import type { Move, Plan, PlanStep, Way } from "../core/maintenance.js";
import { list, t, tn } from "../words/i18n.js";
import { nameOf } from "../words/names.js";
import type { Word } from "../words/states.js";
import { pill } from "./pill.js";
import { cellsOf, type Column, tableView } from "./table.js";

/** The steps of a plan. */
export function planView(plan: Plan): TemplateResult {
  return html`${plan.steps.map((step, at) => stepView(step, at + 1, plan.steps.length))}`;
}

function stepView(step: PlanStep, number: number, of: number): TemplateResult {
  const id = `step-${step.node}`;
  const title = of > 1 ? t("maintenance.step", { number, node: step.node }) : step.node;
  return html`<section class="card" aria-labelledby=${id}>
    <header><h2 id=${id}>${title}</h2></header>
    <ul class="inside facts-row">${factsOf(step).map((fact) => html`<li>${pill(fact)}</li>`)}</ul>
    ${step.moves.length ? movesView(step) : html`<p class="inside">${t("maintenance.no_moves")}</p>`}
    ${listView("maintenance.stuck", step.stuck.map(({ sid, says }) => html`<b>${nameOf(sid)}</b> <span class="soft">${says}</span>`), "bad")}
    ${listView("maintenance.outside", step.outside.map(outsideLine))}
    ${listView("maintenance.returns", step.returns.map(returnLine))}
  </section>`;
}

function factsOf(step: PlanStep): Word[] {
  const { further, off } = step;
  const bad = further.filter(({ safe }) => !safe).map(({ nodes }) => nodes.filter((one) => one !== step.node).join(" + "));
  const facts: Word[] = [
    step.empties ? { tone: "ok", text: t("maintenance.empties") } : { tone: "bad", text: t("maintenance.not_empties") },
    off.quorate ? { tone: "ok", text: t("maintenance.quorate") } : { tone: "bad", text: t("maintenance.not_quorate") },
  ];
  if (!step.safe) return [...facts, { tone: "bad", text: t("maintenance.not_safe") }];
  const bearsOne = !bad.length && further.length;
  return [...facts, bearsOne ? { tone: "ok", text: t("maintenance.bears_one") } : { tone: "warn", text: t("maintenance.bears_none", { nodes: list(bad) }) }];
}

function movesView(step: PlanStep): TemplateResult {
  const columns: Column<Move>[] = [
    { key: "name", head: t("column.name"), isHead: true, cell: ({ sid }) => nameOf(sid), title: ({ sid }) => nameOf(sid) },
    { key: "to", head: t("whatif.to"), cell: ({ node }) => node ?? "–" },
    { key: "how", head: t("maintenance.how"), cell: (move) => pill(howWord(move)) },
    { key: "after", head: t("maintenance.after"), cell: ({ after_s }) => (after_s ? t("whatif.span", { from: after_s[0], to: after_s[1] }) : "") },
    { key: "why", head: t("whatif.why"), cell: ({ says }) => says, title: ({ says }) => says },
  ];
  return tableView<Move>({
    label: t("maintenance.moves", { node: step.node }),
    kind: "course",
    columns,
    rows: step.moves,
    keyOf: ({ sid }) => sid,
    rowView: (row) => html`<tr role="row">${cellsOf(columns, row)}</tr>`,
  });
}

function howWord({ how, verdict }: Move): Word {
  if (LOST.includes(verdict)) return { tone: "bad", text: t(`verdict.${verdict}`) };
  return how === "live" ? { tone: "ok", text: t("maintenance.live") } : { tone: "warn", text: t("maintenance.stopped") };
}

function outsideLine({ sid, node, says }: PlanStep["outside"][number]): TemplateResult {
  const goal = node ? t("maintenance.outside.goes", { node }) : t("maintenance.outside.stays");
  return html`<b>${nameOf(sid)}</b> ${goal} <span class="soft">${says}</span>`;
}

function returnLine(move: Move): TemplateResult {
  return html`<b>${nameOf(move.sid)}</b> → ${move.node ?? "–"} ${pill(howWord(move))}`;
}

function listView(key: string, lines: TemplateResult[], tone = ""): TemplateResult | typeof nothing {
  if (!lines.length) return nothing;
  return html`<div class="inside"><h3 class=${tone ? "bad-word" : ""}>${tn(key, lines.length)}</h3>
    <ul class="plain">${lines.map((line) => html`<li>${line}</li>`)}</ul></div>`;
}

/** What a way comes to on all nodes of a plan: who is left, and the traps. */
export function wayView(plan: Plan, way: Way): TemplateResult {
  if (way === "command") {
    const commands = plan.nodes.map((node) => html`<code class="fixed">${commandOf(node, "enable")}</code>`);
    return html`<p>${t("maintenance.way.command.meaning")}</p>${commands}`;
  }
  if (way === "mode") return html`<p>${t("maintenance.way.mode.meaning")}</p>`;
  const told = plan.steps.map((step) => step.ways[way]).filter((one) => one !== undefined);
  const left = [...new Set(told.flatMap((one) => one.left))];
  const traps = new Map<string, Set<string>>();
  for (const { kind, sids } of told.flatMap((one) => one.traps)) {
    traps.set(kind, new Set([...(traps.get(kind) ?? []), ...sids]));
  }
  const lines = [...traps].map(([kind, sids]) => t(`maintenance.trap.${kind}`, { names: list([...sids].map(nameOf)) }));
  return html`<p>${t(`maintenance.way.${way}.meaning`)}</p>
    ${left.length ? html`<p class="bad-word">${t("maintenance.way.left", { names: list(left.map(nameOf)) })}</p>` : nothing}
    <ul class="traps">${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
}

/** The command for a node's shell. */
export function commandOf(node: string, what: "enable" | "disable"): string {
  return `ha-manager crm-command node-maintenance ${what} ${node}`;
}

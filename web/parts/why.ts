/** The panel beside the list: why a resource is where it is, and what would be otherwise. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { ApiError, asApiError } from "../core/api.js";
import { drawNow, redraw } from "../core/draw.js";
import { askWhy, type Repair, VERDICT_TONES, type Verdict, type Why } from "../core/forecast.js";
import { hindrance } from "../core/hindrance.js";
import { askHistory, type Happening } from "../core/history.js";
import { resourceOf, ruleOf } from "../core/store.js";
import { givesWay, hasRoomBeside, isSideOpen, openSide } from "../core/screen.js";
import { waitingOf } from "../core/waiting.js";
import { openRuleChange } from "../forms/mending.js";
import { openMove } from "../forms/move.js";
import type { Resource, Rule } from "../model.js";
import { failureView } from "../words/errors.js";
import { dateTime, has, list, t } from "../words/i18n.js";
import { nameOf, resourceName } from "../words/names.js";
import { guestStatus, resourceState } from "../words/states.js";
import { arrivalText } from "./changes.js";
import { icon } from "./icons.js";
import type { MenuItem } from "./menu.js";
import { pill } from "./pill.js";
import { resourceMenu, rowButtons } from "./resources.js";
import { lookAtRule } from "./rules.js";

let sid: string | null = null;
let found: Why | null = null;
let changes: Happening[] | null = null;
/** Its failures and what ended them, newest first, also such as are too old to be among the changes. */
let tries: Happening[] | null = null;
let failure: ApiError | null = null;
let opener: HTMLElement | null = null;

rowButtons.push((resource) => {
  const open = (event: Event) => openWhy(resource.sid, event.currentTarget as HTMLElement);
  const name = t("why.of", { name: resourceName(resource) });
  return html`<button type="button" class="button bare small why-button" aria-label=${name} title=${name} @click=${open}>${t("why.ask")}</button>`;
});
resourceMenu.push((resource) => [{ label: t("why.ask"), deed: () => openWhy(resource.sid, null) }]);

/** Open the panel for a resource. */
function openWhy(wanted: string, from: HTMLElement | null): void {
  [sid, opener, found, changes, tries, failure] = [wanted, from, null, null, null, null];
  openSide("panel", true);
  void ask(wanted);
  void askForChanges(wanted);
  queueMicrotask(() => document.querySelector<HTMLElement>("#why-title")?.focus());
}

async function ask(wanted: string): Promise<void> {
  try {
    const told = await askWhy(wanted);
    if (sid === wanted) found = told;
  } catch (thrown) {
    if (sid === wanted) failure = asApiError(thrown);
  }
  redraw();
}

async function askForChanges(wanted: string): Promise<void> {
  try {
    const asked = { whom: wanted, limit: "10" };
    const ends = [...FRESH_STARTS, "resource.failed"].map((kind) => ["kind", kind]);
    const [page, tried] = await Promise.all([
      askHistory(new URLSearchParams(asked)),
      askHistory(new URLSearchParams([["whom", wanted], ["limit", MOST_TRIES], ...ends])),
    ]);
    if (sid === wanted) [changes, tries] = [page.rows, tried.rows];
  } catch {
    if (sid === wanted) changes = tries = [];
  }
  redraw();
}

function close(): void {
  sid = null;
  openSide("panel", false);
  // What lies below can take the focus only once the panel is gone.
  drawNow();
  if (opener?.isConnected) opener.focus();
}

/** Go on in the page: a panel that lies over it makes way. */
function leave(): void {
  if (!hasRoomBeside()) close();
}

/** The panel, or nothing. */
export function whyView(): TemplateResult | typeof nothing {
  const resource = sid === null ? undefined : resourceOf(sid);
  if (sid === null || !resource) {
    if (isSideOpen("panel")) openSide("panel", false);
    return nothing;
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Escape") close();
  };
  if (givesWay("panel")) return tabView(resource);
  return html`<div class="behind" @click=${close}></div><aside class="panel" aria-labelledby="why-title" @keydown=${onKey}>
    <header>
      <h2 id="why-title" tabindex="-1" role="heading" aria-level=${hasRoomBeside() ? 2 : 1}>${t("why.of", { name: resourceName(resource) })}</h2>
      <button type="button" class="button icon bare push" aria-label=${t("close")} @click=${close}>${icon("close")}</button>
    </header>
    <div class="panel-body" aria-busy=${found || failure ? "false" : "true"}>
      ${failure ? html`<p class="trouble">${failureView(failure)}</p>` : found ? reasons(found, resource) : html`<p class="soft">${t("loading")}</p>`}
      ${changesView()}
    </div>
  </aside>`;
}

/** The tab that brings the panel back from behind the laboratory. */
function tabView(resource: Resource): TemplateResult {
  const name = t("why.of", { name: resourceName(resource) });
  const open = () => {
    openSide("panel", true);
    drawNow();
    document.querySelector<HTMLElement>("#why-title")?.focus();
  };
  return html`<aside class="panel is-tab" aria-label=${name}><button type="button" class="panel-tab" aria-expanded="false" @click=${open}>${name}</button></aside>`;
}

function reasons(why: Why, resource: Resource): TemplateResult {
  return html`${stuckView(resource)}
    <p class="said">${why.says}</p>
    ${stateView(resource)}
    ${section("why.not", why.objections.map(({ node, says, rules }) => html`<li><b>${node}</b> <span>${withLinks(says, rules)}</span></li>`))}
    ${section("why.without", why.without.map(({ says, without }) => html`<li>${withLinks(says, [without])}</li>`))}
    ${section(
      "why.lost",
      why.when_its_node_is_lost.map(
        ({ verdict, node, says }) =>
          html`<li>${verdictPill(verdict)} <b>${node ?? "–"}</b> <span class="soft">${says}</span></li>`,
      ),
    )}
    ${why.contradicting.length > 1 ? html`<p class="trouble">${t("why.contradicting", { rules: list(why.contradicting) })}</p>` : nothing}
    ${section("why.repairs", why.repairs.map(repairView))}
    ${actsView(resource)}`;
}

/** Why it will not run by itself, and what helps. */
function stuckView(resource: Resource): TemplateResult | typeof nothing {
  const stuck = waitingOf(resource);
  return stuck ? html`<p class="trouble">${withLinks(stuck.says, stuck.rules ?? [])}</p><p>${stuck.helps}</p>` : nothing;
}

/** A sentence in which the names of rules lead to them. */
function withLinks(text: string, rules: string[]): unknown {
  const [rule, ...rest] = rules;
  if (rule === undefined || !text.includes(rule)) return rule === undefined ? text : withLinks(text, rest);
  const at = text.indexOf(rule);
  const link = html`<button type="button" class="link" @click=${() => goToRule(rule)}>${rule}</button>`;
  return html`${text.slice(0, at)}${link}${withLinks(text.slice(at + rule.length), rest)}`;
}

function goToRule(rule: string): void {
  leave();
  lookAtRule(rule);
}

/** A change that helps, with its price and its own preview; what the console cannot do is told alone. */
function repairView(one: Repair): TemplateResult {
  const deed = repairDeed(one);
  const why = hindrance();
  const button = html`<button type="button" class="button small" ?disabled=${Boolean(why)} title=${why} @click=${deed}>${t("why.preview")}</button>`;
  const { moves, worse } = one.price;
  const price = [
    moves.length ? t("repair.moves", { names: list(moves.map(nameOf)) }) : "",
    worse.length ? t("repair.worse", { nodes: list(worse) }) : "",
  ];
  return html`<li>${repairText(one)} ${verdictPill(one.verdict)} ${one.node ?? ""} ${deed ? button : nothing}
    <p class="soft small">${price.filter(Boolean).join(" ")}</p></li>`;
}

function repairText({ kind, applies }: Repair): string {
  const { subject, values } = applies;
  const before = ruleOf(subject);
  const known = new Set(before?.nodes.map((one) => one.node));
  const added = (values.nodes ?? "").split(",").map((one) => one.split(":")[0] ?? "");
  const names = kind === "add_node" ? added.filter((node) => !known.has(node)) : [];
  const more = { node: values.node ?? "", memory: values.memory ?? "", names: list(names) };
  return t(`repair.${kind}`, { rule: subject, name: nameOf(subject), ...more });
}

function repairDeed(one: Repair): (() => void) | null {
  const { verb, subject, values } = one.applies;
  const resource = resourceOf(subject);
  if (verb === "move" && resource) return () => openMove(resource, values.node);
  const rule = ruleOf(subject);
  if (!rule) return null;
  return () => openRuleChange(subject, repairText(one), verb === "remove" ? null : changeOf(values));
}

/** A change of a rule in the words of the API, as the page has rules. */
function changeOf({ strict, resources, nodes }: Record<string, string>): Partial<Rule> {
  const ranked = (nodes ?? "").split(",").map((one) => one.split(":"));
  return {
    ...(strict === undefined ? {} : { strict: strict === "1" }),
    ...(resources === undefined ? {} : { resources: resources.split(",") }),
    ...(nodes === undefined
      ? {}
      : { nodes: ranked.map(([node = "", at = "0"]) => ({ node, priority: Number(at) })) }),
  };
}

function stateView(resource: Resource): TemplateResult {
  const { restart, relocate, since, isWhole } = triesOf(resource);
  const tried = { restart, restarts: resource.max_restart, relocate, relocates: resource.max_relocate };
  const told: [string, unknown][] = [
    [t("column.state"), pill(resourceState(resource.state))],
    [t("why.since"), since === null ? "–" : dateTime(since / 1000)],
    [t("why.guest"), resource.guest ? guestStatus(resource.guest) : "–"],
    [t("why.from"), arrivalText(resource) || "–"],
    [t("why.tries"), t(isWhole ? "why.tries_of" : "why.tries_known", tried)],
    [t("why.failed"), resource.failed_nodes.length ? list(resource.failed_nodes) : "–"],
    [t("why.awaits"), awaitedText(resource)],
  ];
  const known = told.filter(([, value]) => value !== "–");
  return html`<dl class="facts-list">${known.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** What ended a row of failures. */
const FRESH_STARTS = ["resource.started", "resource.cleared", "resource.recovered", "resource.moved"];

/** So many failures since it last ran are looked for in the history. */
const MOST_TRIES = "100";

/** Tries used since it last ran, whether the history tells them all, and since when it is as it is. */
function triesOf({ failed_nodes, guest }: Resource): { restart: number; relocate: number; since: number | null; isWhole: boolean } {
  const rows = tries ?? [];
  const end = rows.findIndex(({ kind }) => FRESH_STARTS.includes(kind));
  const failures = (end < 0 ? rows : rows.slice(0, end)).filter(({ kind }) => kind === "resource.failed");
  const last = (changes ?? []).find(({ kind }) => kind !== "resource.changed");
  const restart = Math.max(0, failures.length - failed_nodes.length);
  const isWhole = end >= 0 || guest === "running";
  return { restart, relocate: failed_nodes.length, since: last?.to ?? null, isWhole };
}

/** Who has to do something next. */
function awaitedText({ state: word, node, target }: Resource): string {
  const key = `why.awaits.${(word ?? "").replaceAll(" ", "_")}`;
  return has(key) ? t(key, { node: node ?? "–", target: target ?? "–" }) : t("why.awaits.nothing");
}

/** All that can be done with it. */
function actsView(resource: Resource): TemplateResult {
  const items = resourceMenu.flatMap((itemsOf) => itemsOf(resource)).filter(({ label }) => label !== t("why.ask"));
  const button = (item: MenuItem) =>
    html`<button type="button" class="button small ${item.isDanger ? "danger-word" : ""}" ?disabled=${Boolean(item.hindrance)} title=${item.hindrance ?? ""} @click=${item.deed}>${item.label}</button>`;
  return html`<section>${heading("why.acts")}<div class="mendings">${items.map(button)}</div></section>`;
}

function changesView(): TemplateResult | typeof nothing {
  if (!changes?.length) return nothing;
  const rows = changes.map(
    ({ to, says, because }) =>
      html`<li><span class="soft small">${dateTime(to / 1000)}</span> ${says}${because ? html` <span class="soft">${because}</span>` : nothing}</li>`,
  );
  return section("why.changes", rows) as TemplateResult;
}

function section(key: string, rows: TemplateResult[]): TemplateResult | typeof nothing {
  return rows.length ? html`<section>${heading(key)}<ul class="plain">${rows}</ul></section>` : nothing;
}

/** The head of a part; what lies over the page has the page's first heading. */
function heading(key: string): TemplateResult {
  return html`<h3 role="heading" aria-level=${hasRoomBeside() ? 3 : 2}>${t(key)}</h3>`;
}

/** The pill of a verdict. */
export function verdictPill(verdict: Verdict): TemplateResult {
  return pill({ tone: VERDICT_TONES[verdict], text: t(`verdict.${verdict}`) });
}

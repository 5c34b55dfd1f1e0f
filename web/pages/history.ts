/** The page of history: incidents, and everything that happened, found again. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { ApiError, asApiError, write } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { askHistory, askIncidents, type Happening, type Incident } from "../core/history.js";
import { startPage } from "../core/page.js";
import { may } from "../core/store.js";
import { note } from "../parts/notes.js";
import { errorLine } from "../words/errors.js";
import { clock, dateTime, list, span, t } from "../words/i18n.js";
import { nameOf } from "../words/names.js";

const TONES = { info: "info", warning: "warn", critical: "bad" } as const;
const GROUPS = ["all", "node", "resource", "rule", "stack"] as const;
type Group = (typeof GROUPS)[number];

/** The kinds of happening that belong to each choice of the filter. */
const KINDS: Record<Group, string[]> = {
  all: [],
  node: ["node.lost", "node.fencing", "node.fenced", "node.back", "node.gone", "node.unreachable", "node.reachable", "maintenance.begun", "maintenance.reached", "maintenance.ended"],
  resource: ["resource.added", "resource.removed", "resource.changed", "resource.started", "resource.stopped", "resource.moved", "resource.recovered", "resource.waits", "resource.failed", "resource.error", "resource.cleared", "resource.frozen", "resource.thawed", "guest.down"],
  rule: ["rule.added", "rule.changed", "rule.removed", "rule.conflict", "settings.changed"],
  stack: ["quorum.lost", "quorum.back", "master.changed", "qdevice.silent", "qdevice.back", "stack.disarmed", "stack.armed", "asked", "console.blind", "console.seeing"],
};

let rows: Happening[] | null = null;
let following: string | null = null;
let incidents: Incident[] = [];
let failure: ApiError | null = null;
let group: Group = "all";
let text = "";
let isBusy = false;
/** The number of the newest question. */
let newest = 0;

function query(more: boolean): URLSearchParams {
  const asked = new URLSearchParams(KINDS[group].map((kind) => ["kind", kind]));
  if (text) asked.set("text", text);
  if (more && following) asked.set("after", following);
  return asked;
}

/** Ask for the rows of the filter, or for more; an answer that a newer question has overtaken is left alone. */
async function load(more = false): Promise<void> {
  // What follows is known of the rows that are there, not of those that are still to come.
  if (more && isBusy) return;
  const mine = ++newest;
  isBusy = true;
  redraw();
  try {
    const page = await askHistory(query(more));
    if (mine !== newest) return;
    rows = more && rows ? [...rows, ...page.rows] : page.rows;
    following = page.after;
    const told = await askIncidents();
    if (mine !== newest) return;
    incidents = told.rows;
    failure = null;
  } catch (thrown) {
    if (mine !== newest) return;
    failure = asApiError(thrown);
  }
  isBusy = false;
  redraw();
}

function view(): TemplateResult {
  return html`<div class="title"><h1 tabindex="-1">${t("history.title")}</h1>
      <button type="button" class="button push" aria-busy=${isBusy ? "true" : "false"} @click=${() => load()}>${t("history.refresh")}</button></div>
    ${failure ? html`<p class="trouble" role="alert">${errorLine(failure)}</p>` : nothing}
    ${incidentsView()} ${listView()}`;
}

function incidentsView(): TemplateResult {
  return html`<section class="card" aria-labelledby="incidents-title">
    <header><h2 id="incidents-title">${t("history.incidents")}</h2></header>
    ${incidents.length ? html`<ul class="inside plain incidents">${incidents.map(incidentView)}</ul>` : html`<p class="empty">${t("history.no_incidents")}</p>`}
  </section>`;
}

function incidentView(one: Incident): TemplateResult {
  const isOpen = one.ended === null;
  const told = isOpen
    ? t("history.since", { time: dateTime(one.began / 1000) })
    : t("history.lasted", { time: dateTime(one.began / 1000), span: span((one.ended! - one.began) / 1000) });
  return html`<li><details>
    <summary><span class="pill" data-tone=${isOpen ? TONES[one.weight] : "idle"}>${t(isOpen ? `history.weight.${one.weight}` : "history.over")}</span>
      <b>${one.says}</b> <span class="soft small">${told}</span></summary>
    <div class="steps">
      ${one.affected.length ? html`<p>${t("history.affected", { names: list(one.affected.map(nameOf)) })}</p>` : nothing}
      ${one.waiting.length ? html`<p class="trouble">${t("history.waiting", { names: list(one.waiting.map(nameOf)) })}</p>` : nothing}
      <ol class="plain">${one.steps.map(({ at, says }) => html`<li><span class="when">${clock(at / 1000)}</span> ${says}</li>`)}</ol>
      ${one.deliveries.length ? html`<h3>${t("history.deliveries")}</h3><ul class="plain small">${one.deliveries.map((d) => html`<li><b>${d.recipient}</b> ${d.subject} <span class="soft">${d.why}</span></li>`)}</ul>` : nothing}
      ${isOpen ? attentionView(one) : nothing}
    </div></details></li>`;
}

function attentionView(one: Incident): TemplateResult {
  if (one.acknowledged_by) return html`<p class="soft">${t("history.acknowledged", { user: one.acknowledged_by })}</p>`;
  const act = (path: string, body: unknown) => async () => {
    try {
      await write("POST", `/api/incidents/${one.number}/${path}`, body);
      await load();
    } catch (thrown) {
      note(errorLine(asApiError(thrown)), "warn");
    }
  };
  const can = may("Sys.Console");
  return html`<div class="tools">
    <button type="button" class="button" ?disabled=${!can} @click=${act("acknowledge", {})}>${t("history.acknowledge")}</button>
    <button type="button" class="button" ?disabled=${!can} @click=${act("silence", { minutes: 60 })}>${t("history.silence")}</button>
  </div>`;
}

function listView(): TemplateResult {
  const choose = (one: Group) => () => {
    group = one;
    void load();
  };
  const search = (event: Event) => {
    text = (event.target as HTMLInputElement).value.trim();
    void load();
  };
  return html`<section class="card" aria-labelledby="list-title" aria-busy=${isBusy ? "true" : "false"}>
    <header><h2 id="list-title">${t("history.list")}</h2>
      <div class="tools">
        <span class="search"><input type="search" aria-label=${t("history.search")} placeholder=${t("history.search")} @change=${search} /></span>
        <span class="joined" role="group" aria-label=${t("history.groups")}>${GROUPS.map((one) => html`<button type="button" aria-pressed=${group === one ? "true" : "false"} @click=${choose(one)}>${t(`history.group.${one}`)}</button>`)}</span>
      </div></header>
    ${rows === null ? html`<p class="loading">${t("loading")}</p>` : rows.length ? html`<ol class="inside plain happenings">${days(rows)}</ol>` : html`<p class="empty">${t("history.nothing")}</p>`}
    ${following ? html`<p class="empty"><button type="button" class="button" @click=${() => load(true)}>${t("history.more")}</button></p>` : nothing}
  </section>`;
}

/** The rows, with the date before the first of each day. */
function days(told: Happening[]): TemplateResult[] {
  let day = "";
  return told.map((one) => {
    const date = dateTime(one.to / 1000).replace(/\s*(오전|오후)?\s*\d{1,2}:.*$/, "");
    const head = date === day ? nothing : html`<li class="day"><b>${date}</b></li>`;
    day = date;
    return html`${head}${happeningView(one)}`;
  });
}

function happeningView(one: Happening): TemplateResult {
  const at = one.from === one.to ? clock(one.to / 1000) : `${clock(one.from / 1000)} ~ ${clock(one.to / 1000)}`;
  return html`<li><span class="when">${at}</span><span class="what">${one.says}${one.because ? html` <span class="soft">${one.because}</span>` : nothing}</span>
    <span class="small soft">${t(one.told ? "history.told" : "history.observed")}</span></li>`;
}

void startPage(view).then(() => load());

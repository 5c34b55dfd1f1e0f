/** Everything that happened: filtered, searched, with what led to it, and to be taken along. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { ApiError, asApiError, getFile } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { askHistory, askIncidents, type Happening } from "../core/history.js";
import { saveFile } from "../core/save-file.js";
import { noteFailure } from "../parts/notes.js";
import { failureView } from "../words/errors.js";
import { clock, date, dateTime, span, t } from "../words/i18n.js";
import { incidentsView, showIncidents } from "./incidents.js";
import { goTo, timeOf, whenOpened } from "./views.js";
import { addressFor } from "../core/place.js";

const GROUPS = ["all", "node", "resource", "rule", "stack"] as const;
type Group = (typeof GROUPS)[number];

/** The kinds of happening that belong to each choice of the filter. */
const KINDS: Record<Exclude<Group, "all">, string[]> = {
  node: ["node.lost", "node.fencing", "node.fenced", "node.back", "node.gone", "node.unreachable", "node.reachable", "maintenance.begun", "maintenance.reached", "maintenance.ended"],
  resource: ["resource.added", "resource.removed", "resource.changed", "resource.started", "resource.stopped", "resource.moved", "resource.recovered", "resource.waits", "resource.failed", "resource.error", "resource.cleared", "resource.frozen", "resource.thawed", "guest.down"],
  rule: ["rule.added", "rule.changed", "rule.removed", "rule.conflict", "settings.changed"],
  stack: ["quorum.lost", "quorum.back", "master.changed", "qdevice.silent", "qdevice.back", "stack.disarmed", "stack.armed", "asked", "console.blind", "console.seeing"],
};
const FORMS = ["csv", "json", "bundle"] as const;

let rows: Happening[] | null = null;
let following: string | null = null;
let failure: ApiError | null = null;
let group: Group = "all";
let kind = "";
let text = "";
let since: number | null = null;
let until: number | null = null;
let isBusy = false;
/** The number of the newest question. */
let newest = 0;

function query(): URLSearchParams {
  const kinds = kind ? [kind] : group === "all" ? [] : KINDS[group];
  const asked = new URLSearchParams(kinds.map((one) => ["kind", one]));
  if (text) asked.set("text", text);
  if (since !== null) asked.set("since", String(since));
  if (until !== null) asked.set("until", String(until));
  return asked;
}

/** Ask for the rows of the filter, or for more; an answer that a newer question has overtaken is left alone. */
export async function loadList(more = false): Promise<void> {
  // What follows is known of the rows that are there, not of those that are still to come.
  if (more && isBusy) return;
  const mine = ++newest;
  isBusy = true;
  redraw();
  try {
    const asked = query();
    if (more && following) asked.set("after", following);
    const [page, incidents] = await Promise.all([askHistory(asked), askIncidents()]);
    if (mine !== newest) return;
    // Drawn in one go: incidents that came after the rows would push them down under the pointer.
    rows = more && rows ? [...rows, ...page.rows] : page.rows;
    following = page.after;
    showIncidents(incidents.rows);
    failure = null;
  } catch (thrown) {
    if (mine !== newest) return;
    failure = asApiError(thrown);
  }
  isBusy = false;
  redraw();
}

whenOpened("list", () => void loadList());

/** The incidents, and the list. */
export function listView(): TemplateResult {
  return html`${failure ? html`<p class="trouble" role="alert">${failureView(failure)}</p>` : nothing}
    ${incidentsView()}
    <section class="card" aria-labelledby="list-title" aria-busy=${isBusy ? "true" : "false"}>
      <header><h2 id="list-title">${t("history.list")}</h2>${exportView()}</header>
      ${filterView()}
      ${rows === null ? html`<p class="loading">${failure ? nothing : t("loading")}</p>` : rows.length ? html`<ol class="inside plain happenings">${days(rows)}</ol>` : html`<p class="empty">${t("history.nothing")}</p>`}
      ${following ? html`<p class="empty"><button type="button" class="button" @click=${() => loadList(true)}>${t("history.more")}</button></p>` : nothing}
    </section>`;
}

function filterView(): TemplateResult {
  const choose = (one: Group) => () => {
    [group, kind] = [one, ""];
    void loadList();
  };
  const take = (set: (field: HTMLInputElement) => void) => (event: Event) => {
    set(event.target as HTMLInputElement);
    void loadList();
  };
  const kinds = group === "all" ? Object.values(KINDS).flat() : KINDS[group];
  return html`<div class="inside filters">
    <span class="search"><input type="search" aria-label=${t("history.search")} placeholder=${t("history.search")} @change=${take((field) => (text = field.value.trim()))} /></span>
    <span class="joined" role="group" aria-label=${t("history.groups")}>${GROUPS.map((one) => html`<button type="button" aria-pressed=${group === one ? "true" : "false"} @click=${choose(one)}>${t(`history.group.${one}`)}</button>`)}</span>
    <select aria-label=${t("history.kind")} @change=${take((field) => (kind = field.value))}>
      <option value="" ?selected=${kind === ""}>${t("history.kind.all")}</option>
      ${kinds.map((one) => html`<option value=${one} ?selected=${kind === one}>${t(`kind.${one}`)}</option>`)}
    </select>
    <label class="line">${t("history.from")} <input type="datetime-local" @change=${take((field) => (since = timeOf(field)))} /></label>
    <label class="line">${t("history.to")} <input type="datetime-local" @change=${take((field) => (until = timeOf(field)))} /></label>
  </div>`;
}

function exportView(): TemplateResult {
  const take = (form: string) => async () => {
    try {
      const asked = query();
      asked.set("format", form);
      if (form === "bundle" && until !== null) asked.set("at", String(until));
      const { name, content } = await getFile(`/api/history/export?${asked}`);
      saveFile(name, content);
    } catch (thrown) {
      noteFailure(thrown);
    }
  };
  const button = (form: string) =>
    html`<button type="button" title=${t(`history.export.${form}.meaning`)} @click=${take(form)}>${t(`history.export.${form}`)}</button>`;
  return html`<span class="joined push" role="group" aria-label=${t("history.export")}>${FORMS.map(button)}</span>`;
}

/** The rows, with the date before the first of each day. */
function days(told: Happening[]): TemplateResult[] {
  let day = "";
  return told.map((one) => {
    const own = date(one.to / 1000);
    const head = own === day ? nothing : html`<li class="day"><b>${own}</b></li>`;
    day = own;
    return html`${head}${happeningView(one)}`;
  });
}

function happeningView(one: Happening): TemplateResult {
  const at = one.from === one.to ? clock(one.to / 1000) : `${clock(one.from / 1000)} ~ ${clock(one.to / 1000)}`;
  const travel = (event: Event) => {
    event.preventDefault();
    goTo("moment", { at: String(one.to) });
  };
  return html`<li><span class="when">${at}</span>
    <span class="what">${one.says}${one.because ? html` <span class="soft">${one.because}</span>` : nothing}${chainView(one)}</span>
    <span class="small soft">${t(one.told ? "history.told" : "history.observed")}</span>
    <a class="button bare small" href=${addressFor(`/history?view=moment&at=${one.to}`)} aria-label=${t("history.travel.to", { time: dateTime(one.to / 1000) })} @click=${travel}>${t("history.travel")}</a></li>`;
}

/** What led to it, step by step, and how long that took. */
function chainView({ chain, kind: last, to }: Happening): TemplateResult | typeof nothing {
  const [first] = chain;
  if (!first) return nothing;
  const steps = [...chain.map(({ kind, who }) => t(`kind.${kind}`) + (who ? ` (${who})` : "")), t(`kind.${last}`)];
  const took_s = Math.round((to - first.at) / 1000);
  return html`<span class="chain small soft">${steps.join(" → ")}${took_s > 0 ? ` · ${span(took_s)}` : ""}</span>`;
}

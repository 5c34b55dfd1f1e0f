/** The panel beside the list: why a resource is where it is, and what would be otherwise. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { ApiError, asApiError } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { askWhy, VERDICT_TONES, type Verdict, type Why } from "../core/forecast.js";
import { askHistory, type Happening } from "../core/history.js";
import { resourceOf } from "../core/store.js";
import type { Resource } from "../model.js";
import { errorLine } from "../words/errors.js";
import { dateTime, list, t } from "../words/i18n.js";
import { resourceName } from "../words/names.js";
import { resourceState } from "../words/states.js";
import { icon } from "./icons.js";
import { pill } from "./pill.js";
import { resourceMenu, rowButtons } from "./resources.js";

let sid: string | null = null;
let found: Why | null = null;
let changes: Happening[] | null = null;
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
  [sid, opener, found, changes, failure] = [wanted, from, null, null, null];
  redraw();
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
    const page = await askHistory(new URLSearchParams({ whom: wanted, limit: "10" }));
    if (sid === wanted) changes = page.rows;
  } catch {
    if (sid === wanted) changes = [];
  }
  redraw();
}

function close(): void {
  sid = null;
  redraw();
  if (opener?.isConnected) opener.focus();
}

/** The panel, or nothing. */
export function whyView(): TemplateResult | typeof nothing {
  const resource = sid === null ? undefined : resourceOf(sid);
  if (sid === null || !resource) return nothing;
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Escape") close();
  };
  return html`<aside class="panel" aria-labelledby="why-title" @keydown=${onKey}>
    <header>
      <h2 id="why-title" tabindex="-1">${t("why.of", { name: resourceName(resource) })}</h2>
      <button type="button" class="button icon bare push" aria-label=${t("close")} @click=${close}>${icon("close")}</button>
    </header>
    <div class="panel-body" aria-busy=${found || failure ? "false" : "true"}>
      ${failure ? html`<p class="trouble">${errorLine(failure)}</p>` : found ? reasons(found, resource) : html`<p class="soft">${t("loading")}</p>`}
      ${changesView()}
    </div>
  </aside>`;
}

function reasons(why: Why, resource: Resource): TemplateResult {
  return html`<p class="said">${why.says}</p>
    ${stateView(resource)}
    ${section("why.not", why.objections.map(({ node, says }) => html`<li><b>${node}</b> <span>${says}</span></li>`))}
    ${section("why.without", why.without.map(({ says }) => html`<li>${says}</li>`))}
    ${section(
      "why.lost",
      why.when_its_node_is_lost.map(
        ({ verdict, node, says }) =>
          html`<li>${verdictPill(verdict)} <b>${node ?? "–"}</b> <span class="soft">${says}</span></li>`,
      ),
    )}
    ${why.contradicting.length ? html`<p class="trouble">${t("why.contradicting", { rules: list(why.contradicting) })}</p>` : nothing}
    ${section("why.repairs", why.repairs.map((one) => html`<li>${one.says} → ${verdictPill(one.verdict)} ${one.node ?? ""}</li>`))}`;
}

function stateView(resource: Resource): TemplateResult {
  const told: [string, unknown][] = [
    [t("column.state"), pill(resourceState(resource.state))],
    [t("why.tries"), t("why.tries_of", { restart: resource.max_restart, relocate: resource.max_relocate })],
    [t("why.failed"), resource.failed_nodes.length ? list(resource.failed_nodes) : "–"],
  ];
  return html`<dl class="facts-list">${told.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
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
  return rows.length ? html`<section><h3>${t(key)}</h3><ul class="plain">${rows}</ul></section>` : nothing;
}

/** The pill of a verdict. */
export function verdictPill(verdict: Verdict): TemplateResult {
  return pill({ tone: VERDICT_TONES[verdict], text: t(`verdict.${verdict}`) });
}

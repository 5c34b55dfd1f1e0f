/** For how long each resource was up in a month, and for how long it was down, planned or not. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { ApiError, asApiError } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { askFared, type Fared } from "../core/history.js";
import { clusterNow } from "../core/store.js";
import { cellsOf, type Column, tableView } from "../parts/table.js";
import { failureView } from "../words/errors.js";
import { number, span, t } from "../words/i18n.js";
import { nameThen } from "../words/names.js";
import { whenOpened } from "./views.js";

let month = "";
let rows: Fared[] | null = null;
let failure: ApiError | null = null;
let newest = 0;

whenOpened("availability", () => {
  const now = new Date(clusterNow() * 1000);
  month ||= `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}`;
  void load();
});

async function load(): Promise<void> {
  const mine = ++newest;
  const [year = 0, nth = 1] = month.split("-").map(Number);
  const [since, until] = [new Date(year, nth - 1, 1), new Date(year, nth, 1)];
  try {
    const found = await askFared(since.getTime(), until.getTime());
    if (mine !== newest) return;
    [rows, failure] = [found.rows, null];
  } catch (thrown) {
    if (mine !== newest) return;
    [rows, failure] = [null, asApiError(thrown)];
  }
  redraw();
}

/** The table of a month. */
export function availabilityView(): TemplateResult {
  const take = (event: Event) => {
    const { value } = event.target as HTMLInputElement;
    if (!/^\d{4}-\d{2}$/.test(value)) return;
    [month, rows] = [value, null];
    redraw();
    void load();
  };
  return html`<section class="card" aria-labelledby="fared-title" aria-busy=${rows || failure ? "false" : "true"}>
    <header><h2 id="fared-title">${t("history.availability")}</h2>
      <label class="line push">${t("history.month")} <input type="month" .value=${month} @change=${take} /></label></header>
    ${failure ? html`<p class="inside trouble" role="alert">${failureView(failure)}</p>` : rows ? tableOf(rows) : html`<p class="loading">${t("loading")}</p>`}
    <p class="inside soft small">${t("history.availability.meaning")}</p>
  </section>`;
}

function tableOf(found: Fared[]): TemplateResult {
  if (!found.length) return html`<p class="empty">${t("history.nothing")}</p>`;
  const lasted = (ms: number) => (ms ? span(ms / 1000) : "–");
  const name = (one: Fared) => nameThen(one.sid, one.name);
  const columns: Column<Fared>[] = [
    { key: "name", head: t("column.name"), isHead: true, cell: name, title: name },
    { key: "share", head: t("history.share"), cell: ({ share }) => shareView(share) },
    { key: "unplanned", head: t("history.unplanned"), cell: (one) => lasted(one.unplanned_ms) },
    { key: "outages", head: t("history.outages"), cell: (one) => (one.outages ? number(one.outages) : "–") },
    { key: "longest", head: t("history.longest"), cell: (one) => lasted(one.longest_ms) },
    { key: "planned", head: t("history.planned"), cell: (one) => lasted(one.planned_ms) },
    { key: "unknown", head: t("history.unknown"), cell: (one) => lasted(one.unknown_ms) },
  ];
  const worstFirst = [...found].sort((one, other) => (one.share ?? 2) - (other.share ?? 2));
  return tableView<Fared>({ label: t("history.availability"), kind: "fared", columns, rows: worstFirst, keyOf: ({ sid }) => sid, rowView: (row) => html`<tr role="row">${cellsOf(columns, row)}</tr>` });
}

/** A share in percent, never rounded up to what it is not. */
function shareView(share: number | null): TemplateResult | string {
  if (share === null) return "–";
  const told = Math.floor(share * 100_000) / 1000;
  return html`<span class=${share < 1 ? "bad-word" : nothing}>${told.toFixed(3)} %</span>`;
}

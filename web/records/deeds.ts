/** Who did what through the console, and with which result. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { ApiError, asApiError } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { askDeeds, type Done } from "../core/history.js";
import { cellsOf, type Column, tableView } from "../parts/table.js";
import { pill } from "../parts/pill.js";
import { failureView } from "../words/errors.js";
import { dateTime, t } from "../words/i18n.js";
import { whenOpened } from "./views.js";

const TONES = { done: "ok", refused: "warn", failed: "bad" } as const;

let rows: Done[] | null = null;
let before: number | null = null;
let text = "";
let failure: ApiError | null = null;
let newest = 0;

whenOpened("deeds", () => void load());

async function load(more = false): Promise<void> {
  const mine = ++newest;
  try {
    const found = await askDeeds(text, more ? before : null);
    if (mine !== newest) return;
    rows = more && rows ? [...rows, ...found.rows] : found.rows;
    [before, failure] = [found.before, null];
  } catch (thrown) {
    if (mine !== newest) return;
    failure = asApiError(thrown);
  }
  redraw();
}

/** The table of deeds. */
export function deedsView(): TemplateResult {
  const search = (event: Event) => {
    text = (event.target as HTMLInputElement).value.trim();
    void load();
  };
  return html`<section class="card" aria-labelledby="deeds-title" aria-busy=${rows || failure ? "false" : "true"}>
    <header><h2 id="deeds-title">${t("history.deeds")}</h2>
      <span class="search push"><input type="search" aria-label=${t("history.deeds.search")} placeholder=${t("history.deeds.search")} @change=${search} /></span></header>
    ${failure ? html`<p class="inside trouble" role="alert">${failureView(failure)}</p>` : rows ? tableOf(rows) : html`<p class="loading">${t("loading")}</p>`}
    ${before ? html`<p class="empty"><button type="button" class="button" @click=${() => load(true)}>${t("history.more")}</button></p>` : nothing}
    <p class="inside soft small">${t("history.deeds.meaning")}</p>
  </section>`;
}

function tableOf(found: Done[]): TemplateResult {
  if (!found.length) return html`<p class="empty">${t("history.nothing")}</p>`;
  const at = (one: Done) => dateTime(one.at);
  const columns: Column<Done>[] = [
    { key: "at", head: t("history.at"), cell: at, title: at },
    { key: "who", head: t("history.who"), isHead: true, cell: (one) => one.who ?? "–", title: (one) => one.who ?? "" },
    { key: "says", head: t("history.what"), cell: (one) => one.says, title: (one) => one.says },
    { key: "result", head: t("history.result"), cell: (one) => pill({ tone: TONES[one.result] ?? "idle", text: t(`deed.result.${one.result}`) }) },
    { key: "whence", head: t("history.whence"), cell: (one) => one.whence ?? "–", title: (one) => one.whence ?? "" },
  ];
  return tableView<Done>({ label: t("history.deeds"), kind: "deeds", columns, rows: found, keyOf: (one) => `${one.at} ${one.says}`, rowView: (row) => html`<tr role="row">${cellsOf(columns, row)}</tr>` });
}

/** A moment to travel to: the page as it stood. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { ApiError, asApiError } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { askMoment, type Moment } from "../core/history.js";
import { asOf, enterPast } from "../core/past.js";
import { clusterNow } from "../core/store.js";
import { nodesView } from "../parts/nodes.js";
import { resourcesView } from "../parts/resources.js";
import { rulesView } from "../parts/rules.js";
import { failureView } from "../words/errors.js";
import { dateTime, t } from "../words/i18n.js";
import { asked, fieldTime, note, timeOf, whenOpened } from "./views.js";
import { addressFor } from "../core/place.js";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const STEPS_MS = [-HOUR_MS, -MINUTE_MS, -10_000, 10_000, MINUTE_MS, HOUR_MS];

let at = 0;
let moment: Moment | null = null;
let failure: ApiError | null = null;
let newest = 0;

whenOpened("moment", () => {
  at = Number(asked().get("at")) || Math.round(clusterNow() * 1000) - MINUTE_MS;
  void load();
});

async function load(): Promise<void> {
  const mine = ++newest;
  enterPast(at / 1000);
  redraw();
  try {
    const found = await askMoment(at);
    if (mine !== newest) return;
    [moment, failure] = [found, null];
  } catch (thrown) {
    if (mine !== newest) return;
    [moment, failure] = [null, asApiError(thrown)];
  }
  redraw();
}

function travel(to: number): void {
  at = Math.min(to, Math.round(clusterNow() * 1000));
  note("moment", { at: String(at) });
  void load();
}

/** The choice of a moment, and the page as it stood then. */
export function momentView(): TemplateResult {
  return html`<section class="card" aria-labelledby="moment-title">
      <header><h2 id="moment-title">${t("history.moment", { time: dateTime(at / 1000) })}</h2></header>
      <div class="inside filters">${toolsView()}</div>
    </section>
    ${failure ? html`<p class="trouble" role="alert">${failureView(failure)}</p>` : moment ? pageView(moment) : html`<p class="loading">${t("loading")}</p>`}`;
}

function toolsView(): TemplateResult {
  const take = (event: Event) => {
    const ms = timeOf(event.target as HTMLInputElement);
    if (ms !== null) travel(ms);
  };
  const button = (by: number) =>
    html`<button type="button" @click=${() => travel(at + by)}>${t(`history.step.${by / 1000}`)}</button>`;
  return html`<label class="line">${t("history.at")} <input type="datetime-local" step="1" .value=${fieldTime(at)} @change=${take} /></label>
    <span class="joined" role="group" aria-label=${t("history.steps")}>${STEPS_MS.map(button)}</span>
    <a class="button" href=${addressFor(`/whatif?at=${at}`)}>${t("history.replay")}</a>`;
}

function pageView(found: Moment): TemplateResult | typeof nothing {
  if (!found.nodes.length && !found.resources.length) return html`<p class="empty">${t("history.moment.none")}</p>`;
  return asOf(found, () => html`<p class="soft small">${t("history.moment.meaning")}</p>
    ${nodesView()} ${resourcesView()} ${rulesView()}`);
}

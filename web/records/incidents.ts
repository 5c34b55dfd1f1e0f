/** Incidents: what is open, what people do about it, and what was told to whom. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { write } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { askIncidents, type Delivery, type Incident } from "../core/history.js";
import { may } from "../core/store.js";
import { noteFailure } from "../parts/notes.js";
import { clock, dateTime, list, span, t } from "../words/i18n.js";
import { nameOf } from "../words/names.js";
import { addressOf } from "./views.js";
import { addressFor } from "../core/place.js";

const TONES = { info: "info", warning: "warn", critical: "bad" } as const;
/** The moment before an incident: what was then is what it struck. */
const BEFORE_MS = 5000;

let incidents: Incident[] | null = null;

/** Take the incidents that are to be shown. */
export function showIncidents(found: Incident[]): void {
  incidents = found;
  redraw();
}

/** The newest incidents. */
export function incidentsView(): TemplateResult {
  return html`<section class="card" aria-labelledby="incidents-title">
    <header><h2 id="incidents-title">${t("history.incidents")}</h2></header>
    ${rowsOf(incidents)}
  </section>`;
}

function rowsOf(found: Incident[] | null): TemplateResult {
  if (!found) return html`<p class="empty">&nbsp;</p>`;
  if (!found.length) return html`<p class="empty">${t("history.no_incidents")}</p>`;
  return html`<ul class="inside plain incidents">${found.map(incidentView)}</ul>`;
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
      ${deliveriesView(one)}
      ${isOpen ? attentionView(one) : nothing}
      <p class="tools"><a class="button" href=${addressOf("moment", { at: String(one.began - BEFORE_MS) })}>${t("history.before_it")}</a>
        <a class="button" href=${replayOf(one)}>${t("history.replay")}</a></p>
    </div></details></li>`;
}

/** The same in the failure test: the cluster as it stood before, and the node that was lost. */
function replayOf(one: Incident): string {
  const [part, whom] = one.key.split(/:(.*)/);
  const question = new URLSearchParams({ at: String(one.began - BEFORE_MS) });
  if (part === "node" && whom) question.set("lose", whom);
  for (const node of one.nodes ?? []) question.append("lose", node);
  if (part === "maintenance" && whom) question.set("maintenance", whom);
  return addressFor(`/whatif?${question}`);
}

/** What became of a message: why, at which attempt, when it is tried again, and what was answered. */
export function deliveryText({ why, attempts, most, next, answer }: Delivery): string {
  const tried = attempts > 1 || next !== null ? t("delivery.attempt", { attempts, most }) : "";
  const again = next !== null ? t("delivery.next", { time: clock(next / 1000) }) : "";
  return [why, tried, answer, again].filter(Boolean).join(" · ");
}

function deliveriesView({ deliveries }: Incident): TemplateResult | typeof nothing {
  if (!deliveries.length) return nothing;
  const rows = deliveries.map(
    (d) => html`<li><b>${d.recipient}</b> ${d.subject} <span class="soft">${deliveryText(d)}</span></li>`,
  );
  return html`<h3>${t("history.deliveries")}</h3><ul class="plain small">${rows}</ul>`;
}

function attentionView(one: Incident): TemplateResult {
  const act = (path: string, body: unknown) => async () => {
    try {
      await write("POST", `/api/incidents/${one.number}/${path}`, body);
      showIncidents((await askIncidents()).rows);
    } catch (thrown) {
      noteFailure(thrown);
    }
  };
  const can = may("Sys.Console");
  const { acknowledged_by: user, silenced_until: until } = one;
  return html`${user ? html`<p class="soft">${t("history.acknowledged", { user })}</p>` : nothing}
    ${until && until > Date.now() ? html`<p class="soft">${t("history.silenced", { time: dateTime(until / 1000) })}</p>` : nothing}
    <p class="tools">
      ${user ? nothing : html`<button type="button" class="button" ?disabled=${!can} @click=${act("acknowledge", {})}>${t("history.acknowledge")}</button>`}
      <button type="button" class="button" ?disabled=${!can} @click=${act("silence", { minutes: 60 })}>${t("history.silence")}</button>
    </p>`;
}

/** The page of notifications: who is told through what, what was sent and what was not, and what is kept. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { ApiError, asApiError, write } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { hindrance } from "../core/hindrance.js";
import { askNotify, type Notify, type Recipient, wayOf } from "../core/notify.js";
import type { Delivery } from "../core/history.js";
import { startPage } from "../core/page.js";
import { LOCALE_NAMES } from "../core/preferences.js";
import { may } from "../core/store.js";
import { openHeartbeat, openMailServer, openRetention } from "../forms/mail-server.js";
import { openRecipient, openRecipientRemoval } from "../forms/recipient.js";
import { manualLink } from "../parts/manual.js";
import { note, noteFailure } from "../parts/notes.js";
import { pill } from "../parts/pill.js";
import { cellsOf, type Column, tableView } from "../parts/table.js";
import { deliveryText } from "../records/incidents.js";
import { unwatchedView } from "../records/unwatched.js";
import { failureView } from "../words/errors.js";
import { dateTime, number, t } from "../words/i18n.js";
import type { Tone } from "../words/states.js";

const TONES: Record<string, Tone> = { sent: "ok", queued: "info", refused: "bad", given_up: "bad", not_sent: "idle" };

let told: Notify | null = null;
let failure: ApiError | null = null;

async function load(): Promise<void> {
  try {
    [told, failure] = [await askNotify(), null];
  } catch (thrown) {
    failure = asApiError(thrown);
  }
  redraw();
}

const again = () => void load();

/** Why nothing can be set here, or "". */
function whyNot(): string {
  return may("Sys.Modify") ? hindrance() : t("forbidden.modify");
}

function view(): TemplateResult {
  return html`<div class="title"><h1 tabindex="-1">${t("alerts.title")}</h1>${manualLink("/alerts")}
      <span class="soft small cut" id="alerts-forbidden">${whyNot()}</span>
      <button type="button" class="button push" @click=${again}>${t("history.refresh")}</button></div>
    ${unwatchedView()}
    ${failure ? html`<p class="trouble" role="alert">${failureView(failure)}</p>` : nothing}
    ${told ? html`${recipientsView(told)} ${waysView(told)} ${deliveriesView(told.deliveries)}` : failure ? nothing : html`<p class="loading">${t("loading")}</p>`}`;
}

function button(label: string, deed: () => void, isOff = false, kind = "button"): TemplateResult {
  return html`<button type="button" class=${kind} ?disabled=${isOff || whyNot() !== ""} title=${whyNot()} aria-describedby="alerts-forbidden" @click=${deed}>${label}</button>`;
}

function recipientsView({ recipients, presets }: Notify): TemplateResult {
  const columns: Column<Recipient>[] = [
    { key: "name", head: t("alerts.name"), isHead: true, cell: ({ name }) => name, title: ({ name }) => name },
    { key: "way", head: t("alerts.way"), cell: wayText, title: wayText },
    { key: "least", head: t("alerts.least"), cell: ({ least }) => t(`history.weight.${least}`) },
    { key: "quiet", head: t("alerts.hours"), cell: quietText, title: quietText },
    { key: "language", head: t("alerts.language"), cell: ({ language }) => LOCALE_NAMES[language === "ko" ? "ko" : "en"] },
    { key: "acts", head: t("column.acts"), isUnseen: true, cell: (one) => actsView(one, presets) },
  ];
  return html`<section class="card" aria-labelledby="recipients-title">
    <header><h2 id="recipients-title">${t("alerts.recipients")}</h2>
      <span class="push">${button(t("alerts.add"), () => openRecipient(null, presets, again), false, "button main")}</span></header>
    ${recipients.length ? tableView<Recipient>({ label: t("alerts.recipients"), kind: "recipients", columns, rows: recipients, keyOf: ({ name }) => name, rowView: (row) => html`<tr role="row">${cellsOf(columns, row)}</tr>` }) : html`<p class="empty">${t("alerts.nobody")}</p>`}
    <p class="inside soft small">${t("alerts.meaning")}</p>
  </section>`;
}

function wayText(one: Recipient): string {
  const way = wayOf(one);
  const where = way === "web" ? t(`alerts.preset.${one.preset}`) : way === "mail" ? (one.to ?? "") : "";
  const paused = one.paused ? t("alerts.is_paused") : "";
  const lost = one.unreadable ? t("alerts.unreadable") : "";
  return [t(`alerts.way.${way}`), where, paused, lost].filter(Boolean).join(" · ");
}

function quietText({ quiet }: Recipient): string {
  return quiet ? `${quiet.hours} (${quiet.zone})` : "–";
}

function actsView(one: Recipient, presets: string[]): TemplateResult {
  const test = async () => {
    try {
      await write("POST", "/api/notify/test", { recipient: one.name });
      note(t("alerts.test.queued", { name: one.name }));
      setTimeout(again, 3000);
    } catch (thrown) {
      noteFailure(thrown);
    }
  };
  const can = may("Sys.Console");
  const fixed = html`<span class="soft small">${t("alerts.fixed")}</span>`;
  const edit = html`${button(t("edit"), () => openRecipient(one, presets, again))}${button(t("remove"), () => openRecipientRemoval(one, again))}`;
  return html`<span class="tools"><button type="button" class="button" ?disabled=${!can} aria-label=${t("alerts.test.of", { name: one.name })} @click=${test}>${t("alerts.test")}</button>${one.fixed ? fixed : edit}</span>`;
}

/** The mail server, the heartbeat, and what is kept. */
function waysView({ mail, heartbeat, retention, audit }: Notify): TemplateResult {
  const security = mail ? t(`alerts.security.${mail.security}`) : "";
  const server = mail ? `${mail.host}:${mail.port} · ${security} · ${mail.sender}` : t("alerts.none");
  const kept = t("alerts.kept", { days: number(retention.days), mib: number(retention.mib), used: number(retention.used_mib) });
  const rows: [string, string, boolean, () => void][] = [
    ["alerts.mail", server, mail?.fixed ?? false, () => openMailServer(mail, again)],
    ["alerts.heartbeat", t(heartbeat.set ? "alerts.heartbeat.set" : "alerts.none"), heartbeat.fixed, () => openHeartbeat(again)],
    ["alerts.retention", kept, retention.fixed, () => openRetention(retention, again)],
  ];
  const row = ([key, text, isFixed, deed]: (typeof rows)[number]) =>
    html`<div><dt>${t(key)}</dt><dd>${text} ${isFixed ? html`<span class="soft small">${t("alerts.fixed")}</span>` : html`<span class="push">${button(t("edit"), deed)}</span>`}</dd></div>`;
  return html`<section class="card" aria-labelledby="ways-title">
    <header><h2 id="ways-title">${t("alerts.ways")}</h2></header>
    <dl class="inside facts-list wide-facts">${rows.map(row)}${auditView(audit)}</dl>
  </section>`;
}

/** The record of work: nothing of it is ever deleted, so it needs room. */
function auditView(audit: Notify["audit"]): TemplateResult | typeof nothing {
  if (!audit) return nothing;
  const room = t("alerts.audit.kept", { used: number(audit.mib), free: number(audit.free_mib) });
  const trouble = audit.trouble ? html` <span class="bad-word">${t(`warning.audit_${audit.trouble}.head`)}</span>` : nothing;
  return html`<div><dt>${t("alerts.audit")}</dt><dd>${room}${trouble}</dd></div>`;
}

function deliveriesView(rows: Delivery[]): TemplateResult {
  const at = ({ made }: Delivery) => dateTime(made / 1000);
  // what became of it stands beside; why it was not sent stands nowhere else
  const why = (one: Delivery) => deliveryText(one.state === "not_sent" ? one : { ...one, why: "" });
  const columns: Column<Delivery>[] = [
    { key: "at", head: t("history.at"), cell: at, title: at },
    { key: "name", head: t("alerts.name"), isHead: true, cell: ({ recipient }) => recipient, title: ({ recipient }) => recipient },
    { key: "subject", head: t("alerts.subject"), cell: ({ subject }) => subject, title: ({ subject }) => subject },
    { key: "state", head: t("column.state"), cell: ({ state }) => pill({ tone: TONES[state] ?? "idle", text: t(`alerts.state.${state}`) }) },
    { key: "why", head: t("alerts.why"), cell: why, title: why },
  ];
  return html`<section class="card" aria-labelledby="sent-title">
    <header><h2 id="sent-title">${t("alerts.sent")}</h2></header>
    ${rows.length ? tableView<Delivery>({ label: t("alerts.sent"), kind: "deliveries", columns, rows, keyOf: (one) => `${one.made} ${one.recipient} ${one.phase} ${one.state} ${one.why}`, rowView: (row) => html`<tr role="row">${cellsOf(columns, row)}</tr>` }) : html`<p class="empty">${t("history.nothing")}</p>`}
  </section>`;
}

void startPage(view).then(load);

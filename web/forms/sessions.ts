/** The dialog of who is logged in, in which a session can be ended. */

import { html, type TemplateResult } from "lit/html.js";

import { asApiError, get, type ApiError, write } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { errorView } from "../words/errors.js";
import { dateTime, t } from "../words/i18n.js";
import { openDialog } from "./dialog.js";

interface Presence {
  name: string;
  user: string;
  address: string;
  since: number;
  own: boolean;
}

interface Told {
  sessions: Presence[];
  all: boolean;
}

let told: Told | null = null;
let failure: ApiError | null = null;

/** Open the dialog. */
export function openSessions(): void {
  told = failure = null;
  void look();
  openDialog({ title: t("who.title"), body: view, cancel: t("close") });
}

async function look(): Promise<void> {
  try {
    told = await get<Told>("/api/sessions");
  } catch (thrown) {
    failure = asApiError(thrown);
  }
  redraw();
}

function view(): TemplateResult {
  if (failure) return html`<div class="box" data-tone="bad" role="alert"><div class="box-text">${errorView(failure)}</div></div>`;
  if (!told) return html`<p class="soft">${t("loading")}</p>`;
  return html`<p class="soft">${t(told.all ? "who.all" : "who.own")}</p>
    <ul class="presences">${told.sessions.map(lineView)}</ul>`;
}

function lineView(one: Presence): TemplateResult {
  const { user, address } = one;
  const label = t("who.end.of", { user, address });
  const button = html`<button type="button" class="button push" aria-label=${label} @click=${() => end(one)}>${t("who.end")}</button>`;
  return html`<li><span class="cut">${t("who.line", { user, address, time: dateTime(one.since) })}</span>
    ${one.own ? html`<span class="soft small push">${t("who.this")}</span>` : button}</li>`;
}

async function end(one: Presence): Promise<void> {
  try {
    await write("DELETE", `/api/sessions/${one.name}`);
  } catch (thrown) {
    failure = asApiError(thrown);
  }
  await look();
}

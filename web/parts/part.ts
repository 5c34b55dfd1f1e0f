/** The frame of a part of the page: loading, failing with a retry, empty, stale, and how old its data is. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { ApiError, asApiError } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { consoleNow, state } from "../core/store.js";
import { refresh } from "../core/stream.js";
import type { Source } from "../core/own-model.js";
import { errorLine, errorView } from "../words/errors.js";
import { ago, t } from "../words/i18n.js";
import { manualLink } from "./manual.js";

/** What a part is made of; `source` is the part of the page model that it shows. */
export interface PartPlan {
  id: string;
  source: Source;
  title: unknown;
  /** Beside the title: filters and the like. */
  tools?: unknown;
  /** How old the data is, is not told. */
  isAgeless?: boolean;
  isEmpty: boolean;
  emptyText: string;
  isFolded?: boolean;
  content: () => unknown;
}

let isRetrying = false;
/** What came of the last press on a retry. */
let retried: ApiError | null = null;

/** A part. */
export function partView(plan: PartPlan): TemplateResult {
  const part = state.snapshot?.parts[plan.source];
  const isKnown = Boolean(part && part.at !== null);
  const isLost = state.line === "lost";
  const error = isLost && !isKnown ? new ApiError({ code: "line" }) : troubleOf(plan.source);
  const isStale = isKnown && (isLost || error !== null);
  const body = isKnown ? knownBody(plan) : error ? failure(error) : loading();
  return html`<section class="card${isStale ? " is-stale" : ""}" id=${plan.id} aria-labelledby="${plan.id}-title" aria-busy=${isKnown || error ? "false" : "true"}>
    <header>
      <h2 id="${plan.id}-title" tabindex="-1">${plan.title}</h2>
      ${manualLink(plan.id)}
      ${ageView(plan, isKnown ? error : null)}
      ${plan.tools ?? nothing}
    </header>
    ${plan.isFolded ? nothing : body}
  </section>`;
}

function knownBody(plan: PartPlan): unknown {
  return plan.isEmpty ? html`<p class="empty">${plan.emptyText}</p>` : plan.content();
}

/** Why the part's data is not fresh, or null. */
function troubleOf(source: Source): ApiError | null {
  const part = state.snapshot?.parts[source];
  if (!part || part.ok) return null;
  return retried ?? new ApiError(part.error ?? { code: "cluster" });
}

/** How old the data is; why it is old stands in the status line, and here for screen readers and pointers. */
function ageView({ source, isAgeless = false }: PartPlan, error: ApiError | null): TemplateResult {
  const part = state.snapshot?.parts[source];
  const at = part?.at ?? null;
  const isFresh = part?.ok && state.line !== "lost";
  const age = at === null ? "" : t(isFresh ? "age.fresh" : "age.stale", { ago: ago(consoleNow() - at) });
  const why = html`<span class="unseen" role="alert">${error ? errorView(error) : nothing}</span>`;
  const kind = error ? "age bad-word small" : "age hush small";
  return html`<span class=${kind} title=${error ? errorLine(error) : age}>${isAgeless ? "" : age}</span>${error ? why : nothing}`;
}

/** A failure in the place of data. */
function failure(error: ApiError): TemplateResult {
  return html`<div class="box edge" data-tone="bad" role="alert">
    <div class="box-text">${errorView(error)}</div>
    ${retryButton()}
  </div>`;
}

function loading(): TemplateResult {
  return html`<div class="loading" role="status"><span class="spinner" aria-hidden="true"></span><span>${t("loading")}</span></div>`;
}

function retryButton(): TemplateResult {
  return html`<button type="button" class="button" aria-busy=${isRetrying ? "true" : "false"} @click=${retry}>${t("retry")}</button>`;
}

async function retry(event: Event): Promise<void> {
  if (isRetrying) return;
  const title = (event.currentTarget as HTMLElement).closest("section")?.querySelector("h2");
  isRetrying = true;
  redraw();
  try {
    await refresh();
    retried = null;
    title?.focus();
  } catch (thrown) {
    retried = asApiError(thrown);
  } finally {
    isRetrying = false;
    redraw();
  }
}

/** The sentence at the head of the HA page: what the cluster bears, how old that is, and how forecasts fared. */

import { keyed } from "lit/directives/keyed.js";
import { html, nothing, type TemplateResult } from "lit/html.js";

import { redraw } from "../core/draw.js";
import { askScore, isBlind, isTableFresh, knownTable, type Score } from "../core/forecast.js";
import { pastShown } from "../core/past.js";
import { may, state } from "../core/store.js";
import { t } from "../words/i18n.js";
import { tableAge, tolerance } from "../words/losses.js";
import { mattersOf } from "../words/matters.js";
import { scoreText } from "../whatif/score.js";
import { addressFor } from "../core/place.js";

let score: Score | null = null;
/** As of when the table was that the score was asked with: a loss is counted with the next table. */
let askedAt: number | null | undefined;

/** The sentence; it is never older than the age that it tells. */
export function outlookView(): unknown {
  const table = knownTable();
  if (table && may("Sys.Audit") && askedAt !== table.at) void readScore(table.at);
  if (!table) return html`<p class="outlook soft small"></p>`;
  const told = tolerance(table);
  const address = told.node === null ? addressFor("/whatif#tolerance") : lossOf(told.node);
  // A table that no longer holds is told as no safety.
  const isKnown = table.at !== null && isTableFresh();
  // What the line above says is not said twice.
  const isSaid = mattersOf(state.snapshot)[0]?.key.startsWith("tolerance:") ?? false;
  if (isSaid) return html`<p class="outlook soft small">${scoreLink()}</p>`;
  const sentence = isKnown ? html`<a href=${address} data-tone=${told.node === null ? "ok" : "warn"}>${told.text}</a>` : nothing;
  // Another sentence is another paragraph: what stands behind it would jump.
  return keyed(isKnown ? told.text : "", html`<p class="outlook small" aria-busy=${isTableFresh() ? "false" : "true"} title=${isKnown ? told.text : nothing}>${sentence} <span class="soft">${tableAge(table)}</span> ${scoreLink()}</p>`);
}

async function readScore(at: number | null): Promise<void> {
  askedAt = at;
  score = await askScore().catch(() => null);
  redraw();
}

/** After a real loss: what was foretold and what came, in one line, the details behind it. */
function scoreLink(): TemplateResult | typeof nothing {
  if (!score?.fates.of) return nothing;
  const text = scoreText(score);
  return html`<a class="soft" href=${addressFor("/whatif#score")} title=${text}>${text}</a>`;
}

/** What the status line says of it when all is well. */
export function toleranceFacts(): { text: string }[] {
  const table = knownTable();
  // The table is of now, and says nothing of a past moment.
  if (!table || table.at === null || pastShown() !== null) return [];
  if (!isTableFresh()) return [{ text: t(table.trouble || isBlind() ? "line.bears_unknown" : "line.bears_anew") }];
  // What is not borne is a matter of its own.
  return tolerance(table).node === null ? [{ text: t("line.bears_one") }] : [];
}

/** The address of what the loss of a node would do. */
function lossOf(node: string): string {
  return addressFor(`/whatif?${new URLSearchParams({ lose: node })}`);
}

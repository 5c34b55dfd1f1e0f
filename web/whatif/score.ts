/** How often forecasts came true when nodes really fell. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { redraw } from "../core/draw.js";
import { askScore, type Score } from "../core/forecast.js";
import { t } from "../words/i18n.js";
import { nameOf } from "../words/names.js";

let score: Score | null = null;

/** Ask for the score. */
export async function readScore(): Promise<void> {
  score = await askScore().catch(() => null);
  redraw();
}

/** The score in one line, with each miss behind it. */
export function scoreView(): TemplateResult {
  if (!score) return html`<p class="soft small score" id="score"></p>`;
  if (!score.fates.of) return html`<p class="soft small score" id="score">${t("whatif.no_score")}</p>`;
  const missed = score.misses.map(
    ({ sid, said, came, because }) =>
      html`<li>${t("whatif.miss", { name: nameOf(sid), said: saidText(said), came: cameText(came), because: t(`whatif.because.${because}`) })}</li>`,
  );
  return html`<p class="soft small score" id="score">${scoreText(score)}</p>
    ${missed.length ? html`<ul class="plain small soft">${missed}</ul>` : nothing}`;
}

/** The score as a sentence. */
export function scoreText({ fates, times }: Score): string {
  const key = times.of ? "whatif.score" : "whatif.score.fates";
  return t(key, { hits: fates.hits, all: fates.of, times: times.hits, of: times.of });
}

/** What was foretold, verdict and node or a time, as the score keeps it. */
function saidText(said: string): string {
  if (/^after /.test(said)) return timeText(said);
  const word = (one: string) => {
    const [verdict = "", node = ""] = one.split(" ");
    return [t(`verdict.${verdict}`), node === "-" ? "" : node].filter(Boolean).join(" ");
  };
  return said.split(" | ").map(word).join(" | ");
}

function timeText(told: string): string {
  const [, from = "", to = ""] = /^after (\d+)-(\d+)$/.exec(told) ?? [];
  return t("whatif.span", { from, to });
}

function cameText(came: string): string {
  if (/^after /.test(came)) return timeText(came);
  const node = /^ran on (.+)$/.exec(came)?.[1];
  return node ? t("whatif.came", { node }) : t("whatif.came_not");
}

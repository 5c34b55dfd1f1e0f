/** How many more guests of a size fit before the cluster bears less. */

import { html, type TemplateResult } from "lit/html.js";

import { redraw } from "../core/draw.js";
import { askFit } from "../core/forecast.js";
import { isLineLost } from "../core/store.js";
import { noteFailure } from "../parts/notes.js";
import { t } from "../words/i18n.js";

let fit: { memory: number; cores: number; count: number | null } = { memory: 8, cores: 4, count: null };

/** The question and its answer. */
export function fitView(): TemplateResult {
  const ask = async (event: Event) => {
    event.preventDefault();
    try {
      fit = { ...fit, count: await askFit(fit.memory, fit.cores) };
    } catch (thrown) {
      noteFailure(thrown);
    }
    redraw();
  };
  const take = (key: "memory" | "cores") => (event: Event) => {
    fit = { ...fit, [key]: Math.max(1, Number((event.target as HTMLInputElement).value) || 1), count: null };
    redraw();
  };
  return html`<form class="tools wrap" @submit=${ask}>
    <span>${t("fit.question")}</span>
    <label class="line">${t("fit.memory")} <input type="number" min="1" max="4096" .value=${String(fit.memory)} @change=${take("memory")} /> GiB</label>
    <label class="line">${t("fit.cores")} <input type="number" min="1" max="512" .value=${String(fit.cores)} @change=${take("cores")} /></label>
    <button type="submit" class="button" ?disabled=${isLineLost()}>${t("fit.ask")}</button>
    <span role="status">${fit.count === null ? "" : t("fit.answer", { count: fit.count })}</span>
  </form>`;
}

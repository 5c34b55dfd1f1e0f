/** That nobody looks at the cluster while no page is open, and what is missed then. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { state } from "../core/store.js";
import { t } from "../words/i18n.js";

/** The sentence, where the console has no token of its own. */
export function unwatchedView(): TemplateResult | typeof nothing {
  if (!state.snapshot?.cluster.unwatched) return nothing;
  return html`<p class="hint standing" data-tone="warn">${t("history.unwatched")}</p>`;
}

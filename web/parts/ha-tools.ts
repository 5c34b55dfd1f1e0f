/** What is done to the HA stack as a whole, beside its state: settings, disarming, arming. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { hindrance } from "../core/hindrance.js";
import { features, may, state } from "../core/store.js";
import { openArm, openDisarm } from "../forms/arming.js";
import { openSettings } from "../forms/settings.js";
import { t } from "../words/i18n.js";
import { isDisarmed } from "../words/states.js";

/** The buttons. */
export function haTools(): TemplateResult | typeof nothing {
  if (!state.snapshot) return nothing;
  const why = hindrance();
  const isBlind = !may("Sys.Audit");
  const arming = isDisarmed(state.snapshot)
    ? html`<button type="button" class="button main" ?disabled=${why !== ""} title=${why} @click=${openArm}>${t("arm.open")}</button>`
    : html`<button type="button" class="button" ?disabled=${why !== ""} title=${why} @click=${openDisarm}>${t("disarm.open")}</button>`;
  return html`<button type="button" class="button" ?disabled=${isBlind} title=${isBlind ? t("forbidden.audit") : ""} @click=${openSettings}>${t("settings.open")}</button>${features().disarm ? arming : nothing}`;
}

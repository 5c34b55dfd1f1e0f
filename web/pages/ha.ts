/** The HA page. */

import { html, type TemplateResult } from "lit/html.js";

import { redraw } from "../core/draw.js";
import { hindrance } from "../core/hindrance.js";
import { startPage } from "../core/page.js";
import * as preferences from "../core/preferences.js";
import { may, state } from "../core/store.js";
import { openCapture } from "../forms/capture.js";
import { reopenKept } from "../forms/kept.js";
import { followLatest } from "../parts/latest.js";
import { mapView, showsMap, viewButtons } from "../parts/map.js";
import { nodeButtons, nodeMenu, nodesView } from "../parts/nodes.js";
import { outlookView } from "../parts/outlook.js";
import { resourceMenu, resourcesView } from "../parts/resources.js";
import { ruleMenu, rulesView } from "../parts/rules.js";
import { whyView } from "../parts/why.js";
import { t } from "../words/i18n.js";
import { addressFor } from "../core/place.js";

function view(): TemplateResult {
  return html`<div class="title">
      <h1 tabindex="-1">${t("page.heading")}</h1>
      <span class="soft small cut">${hindrance()}</span>
      ${outlookView()}
      ${viewButtons()}
      <span class="joined only-wide" role="group" aria-label=${t("density")}>${preferences.DENSITIES.map(densityButton)}</span>
      ${captureButton()}
    </div>
    ${nodesView()} ${showsMap() ? mapView() : resourcesView()} ${rulesView()}`;
}

function densityButton(name: preferences.Density): TemplateResult {
  const choose = () => {
    preferences.setDensity(name);
    redraw();
  };
  const isPressed = preferences.density() === name;
  return html`<button type="button" aria-pressed=${isPressed ? "true" : "false"} @click=${choose}>${t(`density.${name}`)}</button>`;
}

function captureButton(): TemplateResult {
  const isBlind = state.session !== null && !may("Sys.Audit");
  const why = isBlind ? t("forbidden.audit") : "";
  return html`<button type="button" class="button" id="capture" ?disabled=${!state.session || isBlind} title=${why} aria-describedby=${isBlind ? "capture-forbidden" : ""} @click=${openCapture}>${t("capture.title")}</button><span class="unseen" id="capture-forbidden">${why}</span>`;
}

const whatIf = (question: Record<string, string>) => location.assign(addressFor(`/whatif?${new URLSearchParams(question)}`));

resourceMenu.push(({ node }) =>
  node === null ? [] : [{ label: t("whatif.of_its_node"), deed: () => whatIf({ lose: node }) }],
);
ruleMenu.push(({ rule }) => [{ label: t("whatif.of_rule"), deed: () => whatIf({ remove: rule }) }]);
nodeButtons.push(({ name }) => {
  const said = t("whatif.of_this_node", { node: name });
  return html`<a class="button bare small only-wide" href=${addressFor(`/whatif?lose=${encodeURIComponent(name)}`)} aria-label=${said} title=${said}>${t("whatif.if_lost")}</a>`;
});
nodeMenu.push(({ name }) => [
  { label: t("whatif.of_node"), deed: () => whatIf({ lose: name }) },
]);

void startPage(view, whyView).then(reopenKept).then(followLatest);

/** The HA page. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { redraw } from "../core/draw.js";
import { hindrance } from "../core/hindrance.js";
import { startPage } from "../core/page.js";
import * as preferences from "../core/preferences.js";
import { may, state } from "../core/store.js";
import { openCapture } from "../forms/capture.js";
import { reopenKept } from "../forms/kept.js";
import { icon } from "../parts/icons.js";
import { labDeeds } from "../parts/lab.js";
import { followLatest } from "../parts/latest.js";
import { mapView, showsMap, viewButtons } from "../parts/map.js";
import { nodeButtons, nodeMenu, nodesView } from "../parts/nodes.js";
import { outlookView } from "../parts/outlook.js";
import { resourceMenu, resourcesView, rowButtons } from "../parts/resources.js";
import { ruleButtons, ruleMenu, rulesView } from "../parts/rules.js";
import { whyView } from "../parts/why.js";
import { t } from "../words/i18n.js";
import { addressFor } from "../core/place.js";

function view(): TemplateResult {
  return html`<div class="title">
      <h1 tabindex="-1">${t("page.heading")}</h1>
      ${hindrance() ? html`<p class="outlook soft small">${hindrance()}</p>` : outlookView()}
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

type Loss = Record<string, string>;

const addressOf = (loss: Loss) => addressFor(`/whatif?${new URLSearchParams(loss)}`);

/** What a failure test begins with that is opened from a row. */
function whatIfLink(loss: Loss, said: string, word: unknown = nothing): TemplateResult {
  return html`<a class="button bare small what-if${word === nothing ? " icon" : ""}" href=${addressOf(loss)} aria-label=${said} title=${said}>${icon("bolt")}${word}</a>`;
}

rowButtons.push(({ node }) =>
  node === null ? html`` : whatIfLink({ lose: node }, t("whatif.of_this_node", { node })),
);
ruleButtons.push(({ rule }) => whatIfLink({ remove: rule }, `${rule}: ${t("whatif.of_rule")}`));
nodeButtons.push(({ name }) =>
  whatIfLink({ lose: name }, t("whatif.of_this_node", { node: name }), html`<span class="if-word">${t("whatif.if_lost")}</span>`),
);

resourceMenu.push(({ sid }) => labDeeds(sid));

const go = (loss: Loss) => () => location.assign(addressOf(loss));

resourceMenu.push(({ node }) => (node === null ? [] : [{ label: t("whatif.of_its_node"), deed: go({ lose: node }) }]));
ruleMenu.push(({ rule }) => [{ label: t("whatif.of_rule"), deed: go({ remove: rule }) }]);
nodeMenu.push(({ name }) => [{ label: t("whatif.of_node"), deed: go({ lose: name }) }]);

void startPage(view, whyView).then(reopenKept).then(followLatest);

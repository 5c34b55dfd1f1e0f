/** The page of help: what each word means, and the keys. */

import { html, type TemplateResult } from "lit/html.js";

import { startPage } from "../core/page.js";
import { keysView } from "../parts/keys-help.js";
import { resourceLegend, ruleLegend, statusLegend } from "../parts/legends.js";
import { contentsView } from "../parts/manual.js";
import { t } from "../words/i18n.js";

function view(): TemplateResult {
  return html`<div class="title"><h1 tabindex="-1">${t("nav.help")}</h1></div>
    <section class="card" id="manual" aria-labelledby="manual-title">
      <header><h2 id="manual-title">${t("manual.title")}</h2></header>
      <div class="inside">${contentsView()}</div>
    </section>
    ${statusLegend()} ${resourceLegend()} ${ruleLegend()}
    <section class="card" aria-labelledby="keys-title">
      <header><h2 id="keys-title">${t("keys.title")}</h2></header>
      <div class="inside">${keysView()}</div>
    </section>`;
}

void startPage(view);

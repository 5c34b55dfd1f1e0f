/** The page of history: what happened, when, because of what, who did it, and the page as it stood. */

import { html, type TemplateResult } from "lit/html.js";

import { startPage } from "../core/page.js";
import { state, subscribe } from "../core/store.js";
import { availabilityView } from "../records/availability.js";
import { deedsView } from "../records/deeds.js";
import { lanesView } from "../records/lanes.js";
import { listView } from "../records/list.js";
import { momentView } from "../records/moment.js";
import { unwatchedView } from "../records/unwatched.js";
import { addressOf, goTo, opened, type ViewName, VIEWS, viewShown } from "../records/views.js";
import { manualLink } from "../parts/manual.js";
import { t } from "../words/i18n.js";

const DRAWN: Record<ViewName, () => TemplateResult> = {
  list: listView,
  lanes: lanesView,
  availability: availabilityView,
  deeds: deedsView,
  moment: momentView,
};

function view(): TemplateResult {
  const shown = viewShown();
  return html`<div class="title"><h1 tabindex="-1">${t("history.title")}</h1>${manualLink("/history")}
      <nav class="tabs" aria-label=${t("history.views")}>${VIEWS.map((one) => tab(one, one === shown))}</nav>
      <button type="button" class="button push" @click=${opened}>${t("history.refresh")}</button></div>
    ${unwatchedView()} ${DRAWN[shown]()}`;
}

function tab(one: ViewName, isShown: boolean): TemplateResult {
  const open = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    goTo(one);
  };
  return html`<a href=${addressOf(one)} aria-current=${isShown ? "page" : "false"} @click=${open}>${t(`history.view.${one}`)}</a>`;
}

/** How long the page model is waited for: the history is told without it, too. */
const PATIENCE_MS = 1000;

/** Resolves once the console's time is known, or soon. */
function timeKnown(): Promise<void> {
  return new Promise((resolve) => {
    if (state.snapshot) resolve();
    const end = subscribe(() => {
      if (!state.snapshot) return;
      end();
      resolve();
    });
    setTimeout(resolve, PATIENCE_MS);
  });
}

void startPage(view).then(timeKnown).then(opened);

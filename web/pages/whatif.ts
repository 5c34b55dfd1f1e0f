/** The page of failure tests: choose what fails, see what becomes of everything, and what is borne. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { startPage } from "../core/page.js";
import { failureView } from "../words/errors.js";
import { manualLink } from "../parts/manual.js";
import { t } from "../words/i18n.js";
import { courseView } from "../whatif/course.js";
import { domainsView } from "../whatif/domains.js";
import { questionView } from "../whatif/form.js";
import { isBusy, playAddress, played } from "../whatif/play.js";
import { readAddress } from "../whatif/question.js";
import { readScore } from "../whatif/score.js";
import { toleranceView } from "../whatif/tolerance.js";

function view(): TemplateResult {
  return html`<div class="title"><h1 tabindex="-1">${t("whatif.title")}</h1>${manualLink("/whatif")}</div>
    <div class="columns">${questionView()} ${answerView()}</div>
    ${toleranceView()} ${domainsView()}`;
}

function answerView(): TemplateResult {
  const { course, failure } = played();
  return html`<div>${isBusy() ? html`<p class="loading" role="status">${t("whatif.playing")}</p>` : nothing}
    ${failure ? html`<p class="trouble" role="alert">${failureView(failure)}</p>` : nothing}
    ${course && !isBusy() ? courseView(course) : nothing}
    ${!course && !failure && !isBusy() ? html`<p class="empty">${t("whatif.choose")}</p>` : nothing}
  </div>`;
}

readAddress();
void startPage(view).then(() => {
  playAddress();
  void readScore();
});

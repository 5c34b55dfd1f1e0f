/** What stands in the place of the status line while a past moment is looked at: that nothing here is of now. */

import { html, type TemplateResult } from "lit/html.js";

import { addressFor } from "../core/place.js";
import { dateTime, t } from "../words/i18n.js";
import { icon } from "./icons.js";

/** The line of a moment (Unix seconds), with the way back. */
export function pastLineView(at: number): TemplateResult {
  const time = dateTime(at);
  const title = `${t("past.word")} ${time} · ${t("page.title")}`;
  if (document.title !== title) document.title = title;
  return html`<section class="strip is-past" data-tone="plum" aria-label=${t("past.word")}>
    <span class="word">${icon("past")}${t("past.word")}</span>
    <p class="facts" role="status"><span class="told-facts"><span><b>${t("past.line", { time })}</b></span><span>${t("past.meaning")}</span></span></p>
    <span class="next"><a class="button main" href=${addressFor("/")}>${t("past.leave")}</a></span>
  </section>`;
}

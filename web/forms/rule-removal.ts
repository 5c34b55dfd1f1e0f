/** The dialog that removes a rule and says what that does. */

import { html } from "lit/html.js";

import { write } from "../core/api.js";
import { collect } from "../core/plans.js";
import { ruleOf } from "../core/store.js";
import { refresh } from "../core/stream.js";
import type { Rule } from "../model.js";
import { note } from "../parts/notes.js";
import { t } from "../words/i18n.js";
import { openDialog } from "./dialog.js";

/** Open the dialog. */
export function openRuleRemoval({ rule, type }: Rule): void {
  let isRemoved = false;
  openDialog({
    title: t("rule.removal.title"),
    size: "slim",
    body: () =>
      html`<p><strong>${t("rule.removal.question", { rule })}</strong></p>
        <p class="soft">${t("rule.removal.meaning")}</p>`,
    submit: { label: t("remove"), tone: "danger" },
    writes: true,
    isReady: () => ruleOf(rule) !== undefined,
    effect: () => (ruleOf(rule) ? { remove: [rule] } : null),
    notices: () => (ruleOf(rule) ? [] : [t("rule.gone", { rule })]),
    // The row with the button that had the focus goes away.
    returnTo: () => (isRemoved ? document.querySelector<HTMLElement>(`#add-${type}`) : null),
    onSubmit: async () => {
      await write("DELETE", `/api/rules/${encodeURIComponent(rule)}`);
      isRemoved = true;
      note(t("rule.removed", { rule }));
      refresh().catch(() => {});
    },
    onCollect: async () => {
      await collect("rules", rule, null);
      note(t("plans.page.collected", { name: rule }));
    },
  });
}

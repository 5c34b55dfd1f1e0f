/** The dialog that removes a rule and says what that does. */

import { note } from "../announce.js";
import { write } from "../api.js";
import { h } from "../dom.js";
import { openDialog } from "../dialog.js";
import { t } from "../i18n.js";
import { ruleOf, subscribe } from "../store.js";
import { refresh } from "../stream.js";

/** Open the dialog. */
export function openRuleRemoval(rule) {
  const follow = () => {
    const gone = !ruleOf(rule.rule);
    control.tell(gone ? [t("rule.gone", { rule: rule.rule })] : []);
    control.setReady(!gone);
  };
  let removed = false;
  const control = openDialog({
    title: t("rule.removal.title"),
    size: "slim",
    body: [
      h("p", {}, h("strong", {}, t("rule.removal.question", { rule: rule.rule }))),
      h("p", { class: "soft" }, t("rule.removal.meaning")),
    ],
    submit: { label: t("remove"), tone: "danger" },
    writes: true,
    // The row with the button that had the focus goes away.
    returnTo: () => (removed ? addButton(rule.type) : null),
    onSubmit: async () => {
      await write("DELETE", `/api/rules/${encodeURIComponent(rule.rule)}`);
      removed = true;
      note(t("rule.removed", { rule: rule.rule }));
      refresh().catch(() => {});
    },
    onClose: subscribe(follow),
  });
}

function addButton(type) {
  return document.querySelector(`[data-rules="${type}"] [data-slot="add"]`);
}

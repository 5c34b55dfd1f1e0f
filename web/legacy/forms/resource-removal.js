/** The dialog that takes a resource out of HA and says what that does. */

import { note } from "../announce.js";
import { write } from "../api.js";
import { h, setShown } from "../dom.js";
import { openDialog } from "../dialog.js";
import { makeField } from "../fields.js";
import { t } from "../i18n.js";
import { resourceName } from "../names.js";
import { features, resourceOf, state, subscribe } from "../store.js";
import { refresh } from "../stream.js";

/** Open the dialog. */
export function openResourceRemoval(resource) {
  const name = resourceName(resource);
  const purge = makeField({
    label: t("removal.purge"),
    hint: t("removal.purge.hint"),
    control: h("input", { type: "checkbox", checked: true }),
  });
  const mayPurge = features().purge ?? true;
  const purges = () => mayPurge && purge.control.checked;
  const rules = h("ul", { class: "soft" });
  const control = openDialog({
    title: t("removal.title"),
    size: "slim",
    body: [
      h("p", {}, h("strong", {}, t("removal.question", { name }))),
      h("p", { class: "soft" }, t("removal.meaning")),
      mayPurge ? purge.root : null,
      rules,
    ],
    submit: { label: t("remove"), tone: "danger" },
    writes: true,
    fields: { purge },
    onSubmit: () => remove(resource, mayPurge ? purges() : null),
    onClose: subscribe(() => follow()),
  });
  const follow = () => {
    setShown(purge.root, rulesOf(resource.sid).length > 0);
    tellRules(rules, resource.sid, purges());
    const gone = !resourceOf(resource.sid);
    control.tell(gone ? [t("resource.gone", { name })] : []);
    control.setReady(!gone);
  };
  purge.control.addEventListener("change", follow);
  follow();
}

/** Say what becomes of each rule that names the resource. */
function tellRules(element, sid, purged) {
  const lines = rulesOf(sid).map((rule) => fateOf(rule, sid, purged));
  if (element.textContent !== lines.join("")) {
    element.replaceChildren(...lines.map((line) => h("li", {}, line)));
  }
  setShown(element, lines.length > 0);
}

function rulesOf(sid) {
  return state.snapshot.rules.filter((rule) => rule.resources.includes(sid));
}

/** What becomes of a rule, and whether it still has an effect then. */
function fateOf(rule, sid, purged) {
  const others = rule.resources.filter((other) => other !== sid);
  const gone = purged && !others.length;
  const fate = gone ? "removed" : purged ? "stripped" : "stays";
  const lines = [t(`removal.rule.${fate}`, { rule: rule.rule })];
  const managed = others.filter(resourceOf);
  const inUse = !gone && !rule.disabled;
  if (inUse && rule.type === "resource-affinity" && managed.length < 2) {
    lines.push(t("removal.rule.too_few"));
  }
  return lines.join(" ");
}

/** Remove it; `purge` is null where the cluster's version knows no such thing. */
async function remove(resource, purge) {
  const path = `/api/resources/${encodeURIComponent(resource.sid)}`;
  await write("DELETE", purge === null ? path : `${path}?purge=${Number(purge)}`);
  note(t("resource.removed", { name: resourceName(resource) }));
  refresh().catch(() => {});
}

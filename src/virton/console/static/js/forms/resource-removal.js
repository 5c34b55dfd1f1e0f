/** The dialog that takes a resource out of HA and says what that does. */

import { note } from "../announce.js";
import { write } from "../api.js";
import { h, setShown } from "../dom.js";
import { openDialog } from "../dialog.js";
import { makeField } from "../fields.js";
import { t } from "../i18n.js";
import { features, resourceOf, state, subscribe } from "../store.js";
import { refresh } from "../stream.js";
import { resourceName, typeName } from "../words.js";

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
      h("p", {}, h("strong", {}, t("removal.question", { name, type: typeName(resource.type) }))),
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
    tellRules(rules, resource.sid, purges());
    const gone = !resourceOf(resource.sid);
    control.tell(gone ? [t("form.vanished", { name })] : []);
    control.setReady(!gone);
  };
  purge.control.addEventListener("change", follow);
  follow();
}

/** Say what becomes of each rule that names the resource. */
function tellRules(element, sid, purged) {
  const rules = state.snapshot.rules.filter((rule) => rule.resources.includes(sid));
  const lines = rules.map((rule) => {
    if (!purged) return t("removal.rule.stays", { rule: rule.rule });
    const key = rule.resources.length === 1 ? "removal.rule.removed" : "removal.rule.stripped";
    return t(key, { rule: rule.rule });
  });
  if (element.textContent !== lines.join("")) {
    element.replaceChildren(...lines.map((line) => h("li", {}, line)));
  }
  setShown(element, lines.length > 0);
}

/** Remove it; `purge` is null where the cluster's version knows no such thing. */
async function remove(resource, purge) {
  const path = `/api/resources/${encodeURIComponent(resource.sid)}`;
  await write("DELETE", purge === null ? path : `${path}?purge=${Number(purge)}`);
  note(t("resource.removed", { name: resourceName(resource) }));
  refresh().catch(() => {});
}

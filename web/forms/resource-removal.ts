/** The dialog that takes a resource out of HA and says what that does. */

import { html } from "lit/html.js";

import { write } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { collect } from "../core/plans.js";
import { configuredOf, features, resourceOf, state } from "../core/store.js";
import { refresh } from "../core/stream.js";
import type { Resource, Rule } from "../model.js";
import { note } from "../parts/notes.js";
import { t } from "../words/i18n.js";
import { resourceName } from "../words/names.js";
import { freshId, openDialog } from "./dialog.js";
import { tickField } from "./fields.js";
import { ToldErrors } from "./told.js";

/** Open the dialog. */
export function openResourceRemoval(resource: Resource): void {
  const { sid } = resource;
  const name = resourceName(resource);
  const id = freshId("purge");
  const told = new ToldErrors();
  const mayPurge = features().purge ?? true;
  let purges = true;
  const purge = () =>
    tickField({
      id,
      label: t("removal.purge"),
      hint: t("removal.purge.hint"),
      error: told.of("purge"),
      checked: purges,
      isHidden: rulesOf(sid).length === 0,
      onChange: (checked) => {
        purges = checked;
        told.touch("purge");
        redraw();
      },
    });
  const fates = () => rulesOf(sid).map((rule) => fateOf(rule, sid, mayPurge && purges));
  openDialog({
    title: t("removal.title"),
    size: "slim",
    body: () =>
      html`<p><strong>${t("removal.question", { name })}</strong></p>
        <p class="soft">${t("removal.meaning")}</p>
        ${mayPurge ? purge() : null}
        <ul class="soft" ?hidden=${!fates().length}>
          ${fates().map((line) => html`<li>${line}</li>`)}
        </ul>`,
    submit: { label: t("remove"), tone: "danger" },
    writes: true,
    isReady: () => configuredOf(sid) !== undefined,
    effect: () => (configuredOf(sid) ? { remove: [sid] } : null),
    notices: () => (configuredOf(sid) ? [] : [t("resource.gone", { name })]),
    takeErrors: (fields) => told.take(fields, ["purge"]),
    onSubmit: () => remove(resource, mayPurge ? purges : null),
    // a plan changes one entry at a time: what is left in rules has to be taken out of them there
    ...(rulesOf(sid).length ? {} : { onCollect: () => collectRemoval(sid, name) }),
  });
}

async function collectRemoval(sid: string, name: string): Promise<void> {
  await collect("resources", sid, null);
  note(t("plans.page.collected", { name }));
}

function rulesOf(sid: string): Rule[] {
  return (state.snapshot?.rules ?? []).filter((rule) => rule.resources.includes(sid));
}

/** What becomes of a rule, and whether it still has an effect then. */
function fateOf(rule: Rule, sid: string, isPurged: boolean): string {
  const others = rule.resources.filter((other) => other !== sid);
  const isGone = isPurged && !others.length;
  const fate = isGone ? "removed" : isPurged ? "stripped" : "stays";
  const lines = [t(`removal.rule.${fate}`, { rule: rule.rule })];
  const managed = others.filter(resourceOf);
  const isInUse = !isGone && !rule.disabled;
  if (isInUse && rule.type === "resource-affinity" && managed.length < 2) {
    lines.push(t("removal.rule.too_few"));
  }
  return lines.join(" ");
}

/** Remove it; `purge` is null where the cluster's version knows no such thing. */
async function remove(resource: Resource, purge: boolean | null): Promise<void> {
  const path = `/api/resources/${encodeURIComponent(resource.sid)}`;
  await write("DELETE", purge === null ? path : `${path}?purge=${Number(purge)}`);
  note(t("resource.removed", { name: resourceName(resource) }));
  refresh().catch(() => {});
}

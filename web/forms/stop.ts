/** The dialog that stops a resource's guest: in time, or at once. */

import { html } from "lit/html.js";

import { write } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { configuredOf } from "../core/store.js";
import { refresh } from "../core/stream.js";
import type { Resource } from "../model.js";
import { note } from "../parts/notes.js";
import { t } from "../words/i18n.js";
import { resourceName } from "../words/names.js";
import { freshId, openDialog } from "./dialog.js";
import { textField, waysField, wholeNumber } from "./fields.js";
import { ToldErrors } from "./told.js";

const USUAL_S = "60";
const LONGEST_S = 3600;
const WAYS = ["shutdown", "now"] as const;

/** Open the dialog. */
export function openStop(resource: Resource): void {
  const { sid } = resource;
  const id = freshId("stop");
  const told = new ToldErrors();
  const name = resourceName(resource);
  let way: (typeof WAYS)[number] = "shutdown";
  let typed = USUAL_S;
  const seconds = () => {
    const whole = wholeNumber(typed);
    return whole !== null && whole >= 1 && whole <= LONGEST_S ? whole : null;
  };
  const timeoutField = () =>
    textField({
      id: `${id}-seconds`,
      label: t("stop.seconds"),
      hint: t("stop.seconds.hint"),
      error: seconds() === null ? t("stop.seconds.wrong", { most: LONGEST_S }) : told.of("timeout_s"),
      kind: "number",
      value: typed,
      isDisabled: way === "now",
      onInput: (text) => {
        typed = text;
        told.touch("timeout_s");
        redraw();
      },
    });
  const wayField = () =>
    waysField({
      id,
      legend: t("stop.how"),
      value: way,
      ways: WAYS.map((one) => ({ way: one, label: t(`stop.${one}`), hint: t(`stop.${one}.hint`) })),
      onChange: (one) => {
        way = one;
        redraw();
      },
    });
  openDialog({
    title: t("stop.title", { name }),
    size: "slim",
    body: () =>
      html`<p class="soft">${t("stop.meaning")}</p>
        ${wayField()} ${timeoutField()}`,
    submit: { label: t("stop"), tone: "danger" },
    writes: true,
    isReady: () => configuredOf(sid) !== undefined && (way === "now" || seconds() !== null),
    effect: () => (configuredOf(sid) ? { change: [`${sid} state=stopped`] } : null),
    notices: () => (configuredOf(sid) ? [] : [t("resource.gone", { name })]),
    takeErrors: (fields) => told.take(fields, ["timeout_s"]),
    onSubmit: async () => {
      const timeout_s = way === "now" ? 0 : seconds();
      await write("POST", `/api/resources/${encodeURIComponent(sid)}/stop`, { timeout_s });
      note(t("stop.asked", { name }));
      refresh().catch(() => {});
    },
  });
}

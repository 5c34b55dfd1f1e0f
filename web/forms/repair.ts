/** The dialog that begins the repair of a resource in error; whoever looks sees how far it is. */

import { html } from "lit/html.js";

import { write } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { configuredOf } from "../core/store.js";
import { refresh } from "../core/stream.js";
import type { Resource } from "../model.js";
import { note } from "../parts/notes.js";
import { t } from "../words/i18n.js";
import { nameOf, resourceName } from "../words/names.js";
import { failureText } from "../words/repairs.js";
import { freshId, openDialog } from "./dialog.js";
import { waysField } from "./fields.js";

const WAYS = ["wait", "at_once"] as const;

function path(sid: string): string {
  return `/api/resources/${encodeURIComponent(sid)}/repair`;
}

/** Open the dialog. */
export function openRepair(resource: Resource): void {
  const { sid } = resource;
  const id = freshId("repair");
  let way: (typeof WAYS)[number] = "wait";
  const now = () => configuredOf(sid);
  const wayField = () =>
    waysField({
      id,
      legend: t("repair.way"),
      value: way,
      ways: WAYS.map((one) => ({ way: one, label: t(`repair.way.${one}`), hint: t(`repair.way.${one}.hint`) })),
      onChange: (one) => {
        way = one;
        redraw();
      },
    });
  openDialog({
    title: t("repair.title", { name: resourceName(resource) }),
    body: () =>
      html`<p>${failureText(now() ?? resource)}</p>
        <ol class="soft">${["clear", "mend", "start"].map((step) => html`<li>${t(`repair.step.${step}`)}</li>`)}</ol>
        ${wayField()}`,
    submit: { label: t("repair.begin") },
    writes: true,
    isReady: () => now()?.state === "error",
    notices: () => {
      if (!now()) return [t("resource.gone", { name: resourceName(resource) })];
      return now()?.state === "error" ? [] : [t("repair.not_needed")];
    },
    onSubmit: async () => {
      await write("POST", path(sid), { at_once: way === "at_once" });
      note(t("repair.begun", { name: nameOf(sid) }));
      refresh().catch(() => {});
    },
  });
}

/** Ask for a resource to run again, now that its cause is mended. */
export async function startAgain(sid: string): Promise<void> {
  await write("POST", `${path(sid)}/start`);
  note(t("resource.started_again", { name: nameOf(sid) }));
  refresh().catch(() => {});
}

/** Stop a repair, and leave the resource as it is. */
export async function stopRepair(sid: string): Promise<void> {
  await write("DELETE", path(sid));
  note(t("repair.stopped", { name: nameOf(sid) }));
  refresh().catch(() => {});
}

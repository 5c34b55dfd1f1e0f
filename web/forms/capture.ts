/** The dialog that saves the cluster as a file, and says what the file holds and what it does not. */

import { html } from "lit/html.js";

import { getFile } from "../core/api.js";
import { saveFile } from "../core/save-file.js";
import { note } from "../parts/notes.js";
import { t, type Values } from "../words/i18n.js";
import { freshId, openDialog } from "./dialog.js";
import { tickField } from "./fields.js";

/** Open the dialog. */
export function openCapture(): void {
  const id = freshId("anonymous");
  let isAnonymous = false;
  const anonymous = () =>
    tickField({
      id,
      label: t("capture.anonymous"),
      hint: t("capture.anonymous.hint"),
      checked: isAnonymous,
      onChange: (checked) => (isAnonymous = checked),
    });
  openDialog({
    title: t("capture.title"),
    size: "slim",
    body: () =>
      html`<p>${t("capture.what")}</p>
        <p class="soft">${t("capture.holds")}</p>
        <p class="soft">${t("capture.lacks")}</p>
        ${anonymous()}`,
    submit: { label: t("capture.save") },
    onSubmit: () => save(isAnonymous),
  });
}

async function save(isAnonymous: boolean): Promise<void> {
  const { name, content } = await getFile(`/api/snapshot-file${isAnonymous ? "?anonymous=1" : ""}`);
  saveFile(name, content);
  note(t("capture.saved", { name }));
  const remarks = (await remarksOf(content)).map((one) => t(`capture.remark.${one.remark}`, one));
  if (remarks.length) note(t("capture.remarks", { remarks: remarks.join(" · ") }), "warn");
}

/** A remark by its name, and what it speaks of. */
type Remark = Values & { remark: string };

/** What the cluster could not tell, as the file says it. */
async function remarksOf(content: Blob): Promise<Remark[]> {
  try {
    return JSON.parse(await content.text()).about.remarks ?? [];
  } catch {
    return [];
  }
}

/** The dialog that saves the cluster as a file, and says what the file holds and what it does not. */

import { note } from "../announce.js";
import { getFile } from "../api.js";
import { openDialog } from "../dialog.js";
import { h } from "../dom.js";
import { makeField } from "../fields.js";
import { t } from "../i18n.js";

/** Open the dialog. */
export function openSnapshotFile() {
  const anonymous = makeField({
    label: t("capture.anonymous"),
    hint: t("capture.anonymous.hint"),
    control: h("input", { type: "checkbox" }),
  });
  openDialog({
    title: t("capture.title"),
    size: "slim",
    body: [
      h("p", {}, t("capture.what")),
      h("p", { class: "soft" }, t("capture.holds")),
      h("p", { class: "soft" }, t("capture.lacks")),
      anonymous.root,
    ],
    submit: { label: t("capture.save") },
    onSubmit: () => save(anonymous.control.checked),
  });
}

async function save(anonymous) {
  const { name, content } = await getFile(`/api/snapshot-file${anonymous ? "?anonymous=1" : ""}`);
  const address = URL.createObjectURL(content);
  h("a", { href: address, download: name }).click();
  // The browser reads the address when it begins to save, which is after this.
  setTimeout(() => URL.revokeObjectURL(address));
  note(t("capture.saved", { name }));
  const remarks = (await remarksOf(content)).map((one) => t(`capture.remark.${one.remark}`, one));
  if (remarks.length) note(t("capture.remarks", { remarks: remarks.join(" · ") }), "warn");
}

/** What the cluster could not tell, as the file says it. */
async function remarksOf(content) {
  try {
    return JSON.parse(await content.text()).about.remarks;
  } catch {
    return [];
  }
}

/** Dialogs: labelled, closed by Escape, the focus returned; a refused deed keeps everything typed. */

import { freshId, h, icon, setAttribute, setShown } from "./dom.js";
import { errorNodes, fieldMessageNodes } from "./errors.js";
import { t } from "./i18n.js";
import { watchScrolling } from "./scrolling.js";

/**
 * Open a dialog with a form.
 * @param {{title: string, size?: string, body: Node[], submit: {label: string, tone?: string},
 *   fields?: object, onSubmit: function, onClose?: function}} what
 */
export function openDialog({ title, size = "", body, submit, fields = {}, onSubmit, onClose }) {
  const parts = build({ title, size, body, submit });
  const { dialog, form } = parts;
  const opener = document.activeElement;
  const control = makeControl(parts, fields);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submitOnce(parts, control, onSubmit);
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    onClose?.();
    returnFocus(opener);
  });
  document.body.append(dialog);
  dialog.showModal();
  watchScrolling(dialog);
  return control;
}

function build({ title, size, body, submit }) {
  const id = freshId("dialog");
  const failure = h("div", { class: "box", data: { tone: "bad" }, role: "alert", hidden: true });
  const notice = h("div", {
    class: "box dialog-notice",
    data: { tone: "warn" },
    role: "status",
    hidden: true,
  });
  const ok = h(
    "button",
    { class: `button ${submit.tone ?? "primary"}`, type: "submit" },
    submit.label,
  );
  const close = () => dialog.close();
  const form = h(
    "form",
    { novalidate: true, autocomplete: "off" },
    h(
      "div",
      { class: "dialog-head" },
      h("h2", { id }, title),
      h(
        "button",
        { type: "button", class: "button bare", "aria-label": t("close"), onclick: close },
        icon("close"),
      ),
    ),
    notice,
    h("div", { class: "dialog-body" }, body.filter(Boolean), failure),
    h(
      "div",
      { class: "dialog-foot" },
      h("button", { type: "button", class: "button", onclick: close }, t("cancel")),
      ok,
    ),
  );
  const dialog = h("dialog", { "aria-labelledby": id, data: { size } }, form);
  return { dialog, form, ok, failure, notice };
}

function makeControl({ dialog, ok, failure, notice }, fields) {
  return {
    dialog,
    close: () => dialog.close(),
    /** Allow or forbid the deed. */
    setReady: (ready) => setAttribute(ok, "disabled", ready ? null : ""),
    /** Say something that happened while the dialog was open; an empty list takes it back. */
    tell(lines, tone = "warn") {
      const text = h(
        "div",
        { class: "box-text" },
        lines.map((line) => h("p", {}, line)),
      );
      if (notice.textContent !== text.textContent) notice.replaceChildren(text);
      notice.dataset.tone = tone;
      setShown(notice, lines.length > 0);
    },
    /** Show a refusal: at its fields where it names them, else below the form. */
    fail(error) {
      const placed = placeErrors(error, fields);
      setShown(failure, !placed);
      failure.replaceChildren(
        ...(placed ? [] : [h("div", { class: "box-text" }, errorNodes(error))]),
      );
      if (!placed) failure.scrollIntoView({ block: "nearest" });
    },
    clear: () => setShown(failure, false),
  };
}

/** Put a refusal's texts at their fields; answers whether every text found its place. */
function placeErrors(error, fields) {
  const named = Object.entries(error.fields ?? {});
  const known = named.filter(([name]) => fields[name]);
  for (const [name, text] of known) fields[name].setError(fieldMessageNodes(text));
  if (known.length) fields[known[0][0]].control.focus();
  return named.length > 0 && known.length === named.length;
}

async function submitOnce({ ok, dialog }, control, onSubmit) {
  if (ok.disabled || ok.getAttribute("aria-busy") === "true") return;
  ok.setAttribute("aria-busy", "true");
  control.clear();
  try {
    if ((await onSubmit()) !== false) dialog.close();
  } catch (error) {
    control.fail(error);
  } finally {
    ok.removeAttribute("aria-busy");
  }
}

/** Give the focus back to where it was, or to the title of the part it was in. */
function returnFocus(opener) {
  if (opener?.isConnected && !opener.disabled) opener.focus();
  else
    (
      opener?.closest?.("section")?.querySelector("h2") ?? document.querySelector("main h1")
    )?.focus();
}

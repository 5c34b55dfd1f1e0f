/** Dialogs: labelled, closed by Escape, the focus returned; what was typed is never lost unasked. */

import { allow, freshId, h, icon, setShown } from "./dom.js";
import { errorNodes, fieldMessageNodes } from "./errors.js";
import { hindrance, tellHindrance } from "./hindrance.js";
import { t } from "./i18n.js";
import { watchScrolling } from "./scrolling.js";
import { subscribe } from "./store.js";

/**
 * Open a dialog with a form.
 * @param {{title: string, size?: string, body: Node[], submit: {label: string, tone?: string},
 *   returnTo?: function, cancel?: string, fields?: object, writes?: boolean, isChanged?: function, onSubmit: function,
 *   onClose?: function}} what
 *   `returnTo` answers what has the focus after the dialog, if not what had it before;
 *   `cancel` is another word for cancelling, which then has the focus; `writes` tells that the deed
 *   changes the cluster; `isChanged` tells whether closing would lose something.
 */
export function openDialog(what) {
  const { fields = {}, writes = false, isChanged = () => false, onSubmit, onClose } = what;
  const parts = build(what);
  const { dialog, form } = parts;
  const opener = document.activeElement;
  const leaving = watchLeaving(parts, isChanged);
  const permit = makePermit(parts, writes);
  const control = makeControl(parts, fields, leaving, permit);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submitOnce(parts, control, onSubmit);
  });
  dialog.addEventListener("close", () => {
    if (leaving.isRefused()) return;
    dialog.remove();
    permit.end();
    onClose?.();
    returnFocus(what.returnTo?.() ?? opener);
  });
  document.body.append(dialog);
  dialog.showModal();
  focusFirst(parts, what);
  watchScrolling(dialog);
  return control;
}

function build({ title, size = "", body, submit, cancel = null }) {
  const id = freshId("dialog");
  const box = (tag, tone, role, more = {}) =>
    h(tag, { class: "box dialog-notice", data: { tone }, role, hidden: true, ...more });
  const reason = box("p", "warn", "status", { id: `${id}-reason` });
  const notice = box("div", "warn", "status");
  const failure = box("div", "bad", "alert");
  const ok = h(
    "button",
    { class: `button ${submit.tone ?? "primary"}`, type: "submit" },
    submit.label,
  );
  const mark = h(
    "button",
    { type: "button", class: "button bare", "aria-label": t("close") },
    icon("close"),
  );
  const away = h(
    "button",
    { type: "button", class: "button", autofocus: Boolean(cancel) },
    cancel ?? t("cancel"),
  );
  const form = h(
    "form",
    { novalidate: true, autocomplete: "off" },
    h(
      "div",
      { class: "dialog-head" },
      h("h2", { id }, title),
      mark,
    ),
    h("div", { class: "dialog-body" }, body.filter(Boolean)),
    // Beside the deed that they are about: always in sight, and nothing above them moves.
    reason,
    notice,
    failure,
    h("div", { class: "dialog-foot" }, away, ok),
  );
  const dialog = h("dialog", { "aria-labelledby": id, data: { size } }, form);
  return { dialog, form, ok, mark, away, reason, failure, notice };
}

/** Whether the deed can be done: the form is ready for it, and the cluster can be changed. */
function makePermit({ ok, reason }, writes) {
  let ready = true;
  const judge = () => allow(ok, ready && !(writes && hindrance()), writes && tellHindrance(reason));
  judge();
  return {
    end: writes ? subscribe(judge) : () => {},
    setReady(value) {
      ready = value;
      judge();
    },
  };
}

/** The ways out: cancelling leaves at once, Escape and the mark ask if something typed would be lost. */
function watchLeaving({ dialog, form, mark, away }, isChanged) {
  let touched = false;
  let left = false;
  let question = null;
  const leave = () => {
    left = true;
    question?.close();
    dialog.close();
  };
  const wouldLose = () => !left && touched && isChanged();
  const ask = () => {
    if (question?.dialog.open) return;
    question = askToDiscard((discard) => discard && leave());
  };
  const askOrLeave = () => (wouldLose() ? ask() : leave());
  for (const kind of ["input", "change"]) form.addEventListener(kind, () => (touched = true));
  const takeOver = (event) => {
    event.preventDefault();
    askOrLeave();
  };
  // A browser lets a page refuse Escape only now and then, and may close two dialogs with one: take the key.
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) takeOver(event);
  });
  dialog.addEventListener("cancel", (event) => event.target === dialog && takeOver(event));
  mark.addEventListener("click", askOrLeave);
  away.addEventListener("click", leave);
  const stay = (event) => wouldLose() && event.preventDefault();
  addEventListener("beforeunload", stay);
  return {
    leave,
    /** Whether a dialog that was closed all the same must stay. */
    isRefused() {
      if (wouldLose()) {
        dialog.showModal();
        ask();
        return true;
      }
      removeEventListener("beforeunload", stay);
      return false;
    },
  };
}

/** Ask whether what was typed may be lost. */
function askToDiscard(answer) {
  let discard = false;
  return openDialog({
    title: t("discard.title"),
    size: "slim",
    body: [h("p", {}, t("discard.meaning"))],
    cancel: t("discard.no"),
    submit: { label: t("discard.yes"), tone: "danger" },
    onSubmit: () => (discard = true),
    onClose: () => answer(discard),
  });
}

function makeControl({ dialog, failure, notice }, fields, { leave }, { setReady }) {
  return {
    dialog,
    close: leave,
    /** Allow or forbid the deed. */
    setReady,
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
      const rest = placeErrors(error, fields);
      setShown(failure, rest.length > 0);
      failure.replaceChildren(h("div", { class: "box-text" }, rest));
    },
    clear: () => setShown(failure, false),
  };
}

/** Put a refusal's texts at their fields; answers nodes for what is left to be said, nothing twice. */
function placeErrors(error, fields) {
  const named = Object.entries(error.fields ?? {});
  const known = named.filter(([name]) => fields[name]);
  for (const [name, text] of known) fields[name].setError(fieldMessageNodes(text));
  if (known.length) fields[known[0][0]].control.focus();
  if (!known.length) return errorNodes(error);
  const said = new Set(known.map(([, text]) => text));
  const rest = named.filter(([name, text]) => !fields[name] && !said.has(text));
  return rest.flatMap(([, text]) => fieldMessageNodes(text));
}

async function submitOnce({ ok }, control, onSubmit) {
  if (ok.disabled || ok.getAttribute("aria-busy") === "true") return;
  ok.setAttribute("aria-busy", "true");
  control.clear();
  try {
    if ((await onSubmit()) !== false) control.close();
  } catch (error) {
    control.fail(error);
  } finally {
    ok.removeAttribute("aria-busy");
  }
}

/** Begin at the first field; where something would be destroyed, or nothing is to fill in, at the way out. */
function focusFirst({ form, away }, { submit }) {
  const fields = form.querySelectorAll(
    ".dialog-body :is(input:not([readonly]), select, textarea):enabled",
  );
  const first = [...fields].find((field) => field.checkVisibility());
  (submit.tone === "danger" ? away : (first ?? away)).focus();
}

/** Give the focus back to where it was, or to the title of the part it was in. */
function returnFocus(opener) {
  if (opener?.isConnected && !opener.disabled) opener.focus();
  else
    (
      opener?.closest?.("section")?.querySelector("h2") ?? document.querySelector("main h1")
    )?.focus();
}

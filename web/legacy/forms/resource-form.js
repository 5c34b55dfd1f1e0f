/** The form to add a resource to HA, and the same form to edit one, its ID fixed. */

import { note } from "../announce.js";
import { write } from "../api.js";
import { h, setText } from "../dom.js";
import { openDialog } from "../dialog.js";
import { changeLines, makeDraft } from "../draft.js";
import { makeField, makeSelect, points, wholeNumber } from "../fields.js";
import { t } from "../i18n.js";
import { patchRows } from "../keyed.js";
import { nameOf, resourceName } from "../names.js";
import { features, resourceOf, state, subscribe, seesGuests } from "../store.js";
import { refresh } from "../stream.js";
import { writeChange } from "./overtaking.js";
import { guestStatus, REQUESTS, requestOf } from "../words.js";

const DEFAULTS = {
  state: "started",
  max_restart: "1",
  max_relocate: "1",
  group: "",
  failback: true,
  auto_rebalance: true,
  comment: "",
};

/** Open the form; without a resource it adds one. `preset` overrides what it starts with. */
export function openResourceForm(resource, preset = {}) {
  const start = resource ? valuesOf(resource) : DEFAULTS;
  const fields = makeFields(resource, { ...start, ...preset });
  const draft = makeDraft(start, controlsOf(fields));
  const form = { resource, fields, draft, changes: [] };
  form.control = openDialog({
    title: t(resource ? "resource.form.edit" : "resource.form.add"),
    body: [...Object.values(fields).map((field) => field.root), otherSettings(resource)],
    submit: { label: t(resource ? "save" : "add") },
    writes: true,
    fields: { ...fields, vmid: fields.sid },
    isChanged: () => draft.isChanged() || (!resource && fields.sid.control.value !== ""),
    onSubmit: () => save(form),
    onClose: subscribe(() => follow(form)),
  });
  form.control.dialog.addEventListener("input", (event) => check(form, event.target));
  follow(form);
}

function valuesOf(resource) {
  return {
    state: requestOf(resource),
    max_restart: String(resource.max_restart),
    max_relocate: String(resource.max_relocate),
    group: resource.group ?? "",
    failback: resource.failback,
    auto_rebalance: resource.auto_rebalance ?? true,
    comment: resource.comment ?? "",
  };
}

function makeFields(resource, values) {
  const number = (name) =>
    makeField({
      label: t(`field.${name}`),
      help: [h("p", {}, t(`field.${name}.help`)), ...points(`field.${name}.example`)],
      control: h("input", {
        type: "number",
        min: 0,
        step: 1,
        inputmode: "numeric",
        value: values[name],
      }),
    });
  return {
    sid: resource ? fixedGuest(resource) : guestChoice(),
    state: makeField({
      label: t("field.state"),
      help: t("field.state.help"),
      control: makeSelect(
        REQUESTS.map((name) => [name, t(`request.${name}`)]),
        values.state,
      ),
    }),
    max_restart: number("max_restart"),
    max_relocate: number("max_relocate"),
    ...groupField(values.group),
    failback: failbackField(values.failback),
    ...rebalanceField(values.auto_rebalance),
    comment: makeField({
      label: t("field.comment"),
      control: h("input", { type: "text", maxlength: 4096, value: values.comment }),
    }),
  };
}

/** The group, on clusters that still have groups. */
function groupField(group) {
  const names = groups().map((one) => one.group);
  if (!names.length && !group) return {};
  const offered = [...new Set([...names, group].filter(Boolean))].sort();
  const options = [["", t("field.group.none")], ...offered.map((name) => [name, name])];
  return { group: makeField({ label: t("field.group"), control: makeSelect(options, group) }) };
}

function groups() {
  return state.snapshot?.cluster.groups ?? [];
}

/** Failback; before there were rules it was the group's affair. */
function failbackField(checked) {
  const own = failbackIsOwn();
  return makeField({
    label: t("field.failback"),
    hint: own ? "" : t("field.failback.of_group"),
    help: [h("p", {}, t("field.failback.help")), ...points("field.failback.advice")],
    control: h("input", { type: "checkbox", checked, disabled: !own }),
  });
}

function failbackIsOwn() {
  return features().rules ?? true;
}

function rebalanceField(checked) {
  if (!features().auto_rebalance) return {};
  const control = h("input", { type: "checkbox", checked });
  const help = t("field.auto_rebalance.help");
  return { auto_rebalance: makeField({ label: t("field.auto_rebalance"), help, control }) };
}

function fixedGuest(resource) {
  const control = h("input", { type: "text", readonly: true, value: resourceName(resource) });
  return makeField({ label: t("field.guest.fixed"), hint: t("field.guest.fixed.hint"), control });
}

/** Settings of a newer cluster that this page has no field for: shown, and left as they are. */
function otherSettings(resource) {
  const entries = Object.entries(resource?.extra ?? {});
  if (!entries.length) return null;
  const text = entries.map(([name, value]) => `${name} = ${value}`).join(", ");
  return h("p", { class: "hint" }, t("field.extra", { text }));
}

function guestChoice() {
  const empty = h("option", { value: "", data: { key: "" } }, t("field.guest.choose"));
  return makeField({ label: t("field.guest"), control: h("select", { required: true }, empty) });
}

function controlsOf(fields) {
  const text = (name) => ({
    read: () => fields[name].control.value,
    write: (value) => (fields[name].control.value = value),
  });
  const tick = (name) => ({
    read: () => fields[name].control.checked,
    write: (value) => (fields[name].control.checked = value),
  });
  const isTick = (name) => fields[name].control.type === "checkbox";
  const names = Object.keys(fields).filter(
    (name) => name !== "sid" && (name !== "failback" || failbackIsOwn()),
  );
  return Object.fromEntries(names.map((name) => [name, isTick(name) ? tick(name) : text(name)]));
}

/** Follow the snapshot: guests that may be added, or the resource that is being edited. */
function follow(form) {
  if (!state.snapshot) return;
  if (form.resource) followResource(form);
  else followGuests(form.fields.sid);
  check(form, null);
}

/** Offer the guests that are not under HA now, and say so when there are none. */
function followGuests(field) {
  const guests = [...state.snapshot.guests].sort((a, b) => a.vmid - b.vmid);
  patchRows(field.control, [{ sid: "" }, ...guests], optionCare);
  const none = seesGuests() ? "field.guest.none" : "field.guest.hidden";
  field.setHint(guests.length ? "" : t(none));
}

const optionCare = {
  key: (guest) => guest.sid,
  build: (guest) => h("option", { value: guest.sid }),
  update: (option, guest) =>
    setText(option, guest.sid ? guestLine(guest) : t("field.guest.choose")),
};

function guestLine(guest) {
  return [resourceName(guest), guest.node, guestStatus(guest.status)].filter(Boolean).join(" · ");
}

function followResource(form) {
  const newest = resourceOf(form.resource.sid);
  form.gone = !newest;
  if (newest) form.changes.push(...form.draft.follow(valuesOf(newest)));
  form.now = newest;
  form.control?.tell(noticesOf(form));
}

/** What happened underneath the open form, in words. */
function noticesOf(form) {
  if (form.gone) return [t("form.vanished", { name: resourceName(form.resource) })];
  const lines = [];
  if (form.now.state === "error") lines.push(t("form.in_error"));
  if (form.now.node !== form.resource.node) {
    lines.push(t("form.moved", { from: form.resource.node ?? "–", to: form.now.node ?? "–" }));
  }
  return [...lines, ...changeLines(form.changes, (name) => t(`field.${name}`), wordValue)];
}

function wordValue(field, value) {
  if (field === "state") return t(`request.${value}`);
  if (typeof value === "boolean") return value ? t("on") : t("off");
  if (field === "group") return value || t("field.group.none");
  return value === "" ? "–" : value;
}

/** Check the form as far as the page can; the server has the last word. */
function check(form, target) {
  const { fields, control } = form;
  if (!control) return;
  const chosen = Boolean(form.resource || fields.sid.control.value);
  if (!form.resource) fields.sid.setError(chosen ? null : t("field.guest.required"));
  const counts = [fields.max_restart, fields.max_relocate].map((field) =>
    checkCount(field, target),
  );
  tellState(fields.state, target);
  tellFailback(fields);
  if (target === fields.comment.control) fields.comment.setError(null);
  control.setReady(chosen && counts.every(Boolean) && !form.gone);
}

/** Whether a field holds a number of tries; what the server said of it goes with the next keystroke. */
function checkCount(field, target) {
  const good = wholeNumber(field.control) !== null;
  if (!good) field.setError(t("field.whole_number"));
  else if (target === field.control) field.setError(null);
  return good;
}

function tellState(field, target) {
  const { value } = field.control;
  field.setHint(t(`request.${value}.hint`), value === "disabled" ? "warn" : "");
  if (target === field.control) field.setError(null);
}

/** Show the failback of the group, where it is the group's. */
function tellFailback({ failback, group }) {
  if (failbackIsOwn()) return;
  const chosen = groups().find((one) => one.group === group?.control.value);
  failback.control.checked = !chosen?.nofailback;
}

async function save(form) {
  const { max_restart, max_relocate, comment, ...rest } = form.draft.values();
  const body = {
    ...rest,
    max_restart: Number(max_restart),
    max_relocate: Number(max_relocate),
    comment: comment.trim(),
  };
  if (form.resource) {
    await writeChange(
      `/api/resources/${encodeURIComponent(form.resource.sid)}`,
      body,
      "resources_digest",
    );
    note(t("resource.saved", { name: resourceName(form.resource) }));
  } else {
    const sid = form.fields.sid.control.value;
    await write("POST", "/api/resources", { sid, ...body });
    note(t("resource.added", { name: nameOf(sid) }));
  }
  refresh().catch(() => {});
}

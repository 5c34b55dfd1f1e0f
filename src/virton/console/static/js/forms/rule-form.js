/** The forms of both kinds of rules: add, or edit with the name fixed. */

import { note } from "../announce.js";
import { write } from "../api.js";
import { change } from "./change.js";
import { h } from "../dom.js";
import { openDialog } from "../dialog.js";
import { makeDraft } from "../draft.js";
import { makeField, makeSelect } from "../fields.js";
import { list, t } from "../i18n.js";
import { conflictsOf } from "../rules/conflicts.js";
import { conflictSentence } from "../rules/sentences.js";
import { ruleOf, state, subscribe } from "../store.js";
import { refresh } from "../stream.js";
import { makeNodePicker, makeResourcePicker } from "./pickers.js";

/** What the API takes as a name. */
const NAME = /^[a-z][a-z0-9_-]+$/i;

/** Open the form of a kind of rule; without a rule it adds one. */
export function openRuleForm(type, rule) {
  const form = { type, rule, changes: [], touched: new Set() };
  const start = rule ? valuesOf(rule) : blank(type);
  form.fields = makeFields(form, start);
  form.draft = makeDraft(start, controlsOf(form.fields));
  form.control = openDialog({
    title: t(`rule.form.${type}.${rule ? "edit" : "add"}`),
    size: type === "node-affinity" ? "wide" : "",
    body: Object.values(form.fields).map((field) => field.root),
    submit: { label: t("save") },
    fields: form.fields,
    onSubmit: () => save(form),
    onClose: subscribe(() => follow(form)),
  });
  form.control.dialog.addEventListener("input", (event) => touched(form, event));
  follow(form);
}

function blank(type) {
  const common = { resources: [], disabled: false, comment: "" };
  return type === "node-affinity" ? { ...common, nodes: [], strict: false } : { ...common, affinity: "positive" };
}

function valuesOf(rule) {
  const { disabled } = rule;
  const common = { resources: [...rule.resources].sort(), disabled, comment: rule.comment ?? "" };
  if (rule.type === "resource-affinity") return { ...common, affinity: rule.affinity };
  const nodes = rule.nodes.map(({ node, priority }) => ({ node, priority }));
  return { ...common, nodes: nodes.sort(byNode), strict: rule.strict };
}

function byNode(one, other) {
  return one.node < other.node ? -1 : 1;
}

function makeFields(form, values) {
  const changed = (name) => () => touchedField(form, name);
  const fields = { rule: nameField(form.rule), resources: pickerField("rule.resources", makeResourcePicker(values.resources, changed("resources"))) };
  if (form.type === "node-affinity") {
    fields.nodes = pickerField("rule.nodes", makeNodePicker(values.nodes, changed("nodes")), t("rule.nodes.help"));
    fields.strict = tickField("rule.strict", values.strict, t("rule.strict.help"));
  } else {
    const policies = ["positive", "negative"].map((name) => [name, t(`rule.affinity.${name}`)]);
    fields.affinity = makeField({ label: t("rule.affinity"), control: makeSelect(policies, values.affinity) });
  }
  fields.comment = makeField({
    label: t("field.comment"),
    control: h("input", { type: "text", maxlength: 4096, value: values.comment }),
  });
  fields.disabled = tickField("rule.enabled", !values.disabled, t("rule.enabled.help"));
  return fields;
}

function nameField(rule) {
  const control = rule
    ? h("input", { type: "text", readonly: true, value: rule.rule })
    : h("input", { type: "text", placeholder: t("rule.name.example"), autocapitalize: "none", spellcheck: "false" });
  return makeField({ label: t("rule.name"), hint: t(rule ? "rule.name.fixed" : "rule.name.hint"), control });
}

function tickField(key, checked, help) {
  return makeField({ label: t(key), help, control: h("input", { type: "checkbox", checked }) });
}

/** A picker as a field: a group with its name, an error and help. */
function pickerField(key, picker, help = null) {
  const field = makeField({ label: t(key), control: picker.root, help });
  const label = field.root.querySelector("label");
  label.replaceWith(h("span", {}, label.textContent));
  return { ...field, picker };
}

function controlsOf(fields) {
  const controls = { resources: pickerControl(fields.resources) };
  if (fields.nodes) controls.nodes = pickerControl(fields.nodes);
  if (fields.strict) controls.strict = tick(fields.strict, false);
  if (fields.affinity) controls.affinity = text(fields.affinity);
  controls.disabled = tick(fields.disabled, true);
  controls.comment = text(fields.comment);
  return controls;
}

function pickerControl({ picker }) {
  return { read: () => (picker.valid ? [...picker.value()].sort(byNode) : picker.value()), write: picker.setValue };
}

function text({ control }) {
  return { read: () => control.value, write: (value) => (control.value = value) };
}

function tick({ control }, inverted) {
  return {
    read: () => control.checked !== inverted,
    write: (value) => (control.checked = value !== inverted),
  };
}

function follow(form) {
  if (!state.snapshot) return;
  form.fields.resources.picker.update();
  form.fields.nodes?.picker.update();
  if (form.rule) {
    const newest = ruleOf(form.rule.rule);
    form.gone = !newest;
    if (newest) form.changes.push(...form.draft.follow(valuesOf(newest)));
  }
  check(form);
}

function touched(form, event) {
  const named = Object.entries(form.fields).find(([, field]) => field.root.contains(event.target));
  touchedField(form, named?.[0]);
}

function touchedField(form, name) {
  if (!form.control) return;
  form.touched.add(name);
  form.fields[name]?.setError(null);
  form.control.clear();
  check(form);
}

/** The rule as it stands in the form. */
function ruleFrom(form) {
  const values = form.draft.values();
  const name = form.rule ? form.rule.rule : form.fields.rule.control.value.trim();
  return {
    type: form.type,
    strict: false,
    nodes: [],
    affinity: form.rule?.affinity ?? null,
    ...values,
    comment: values.comment.trim(),
    rule: name,
  };
}

/** Check as far as the snapshot shows; conflicts are told, and the cluster decides. */
function check(form) {
  if (!form.control) return;
  const rule = ruleFrom(form);
  const nameTrouble = form.rule ? null : troubleWithName(rule.rule);
  if (form.touched.has("rule")) form.fields.rule.setError(nameTrouble && t(nameTrouble));
  const nodesGood = form.type !== "node-affinity" || form.fields.nodes.picker.valid();
  const against = conflictsByField(rule);
  if (form.touched.has("nodes") || against.nodes) {
    form.fields.nodes?.setError(nodesTrouble(rule, nodesGood) ?? against.nodes ?? null);
  }
  if (form.touched.has("resources") || against.resources) {
    const none = rule.resources.length ? null : t("rule.error.no_resources");
    form.fields.resources.setError(none ?? against.resources ?? null);
  }
  if (form.fields.affinity) form.fields.affinity.setHint(t(`rule.affinity.${rule.affinity}.hint`));
  form.control.tell(noticesOf(form));
  const complete = rule.resources.length > 0 && (form.type !== "node-affinity" || rule.nodes.length > 0);
  form.control.setReady(!nameTrouble && complete && nodesGood && !form.gone);
}

function troubleWithName(name) {
  if (!name) return "rule.error.no_name";
  if (!NAME.test(name)) return "rule.error.bad_name";
  return ruleOf(name) ? "rule.error.name_taken" : null;
}

function nodesTrouble(rule, good) {
  if (!good) return t("rule.error.bad_priority");
  return rule.nodes.length ? null : t("rule.error.no_nodes");
}

/** What the snapshot shows to stand against the rule, at the field where it can be mended. */
function conflictsByField(rule) {
  if (!rule.resources.length) return {};
  const nodes = state.snapshot.nodes.map((node) => node.name);
  const found = {};
  for (const conflict of conflictsOf(rule, state.snapshot.rules, nodes)) {
    const lines = (found[conflict.field] ??= []);
    const sentence = conflictSentence(conflict);
    if (!lines.some((line) => line.textContent === sentence)) lines.push(h("p", {}, sentence));
  }
  return found;
}

function noticesOf(form) {
  if (form.gone) return [t("rule.vanished", { rule: form.rule.rule })];
  const latest = new Map(form.changes.map((change) => [change.field, change]));
  return [...latest.values()].map((change) =>
    t(change.kept ? "form.changed.kept" : "form.changed.taken", {
      field: t(FIELD_NAMES[change.field]),
      value: wordValue(change.field, change.to),
    }),
  );
}

const FIELD_NAMES = {
  resources: "rule.resources",
  nodes: "rule.nodes",
  strict: "rule.strict",
  affinity: "rule.affinity",
  disabled: "rule.enabled",
  comment: "field.comment",
};

function wordValue(field, value) {
  if (field === "nodes") return list(value.map(({ node, priority }) => `${node} (${priority})`));
  if (field === "resources") return list(value);
  if (field === "affinity") return t(`rule.affinity.${value}`);
  if (field === "disabled") return value ? t("off") : t("on");
  if (field === "strict") return value ? t("on") : t("off");
  return value || "–";
}

async function save(form) {
  const rule = ruleFrom(form);
  if (form.rule) await change(`/api/rules/${encodeURIComponent(rule.rule)}`, rule, "rules_digest");
  else await write("POST", "/api/rules", rule);
  note(t("rule.saved", { rule: rule.rule }));
  refresh().catch(() => {});
}

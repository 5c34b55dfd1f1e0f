/** The forms of both kinds of rules: add, or edit with the name fixed. */

import { note } from "../announce.js";
import { write } from "../api.js";
import { h } from "../dom.js";
import { openDialog } from "../dialog.js";
import { changeLines, makeDraft } from "../draft.js";
import { makeField, makeSelect, points } from "../fields.js";
import { list, t } from "../i18n.js";
import { nameOf } from "../names.js";
import { conflictsOf } from "../rules/conflicts.js";
import { conflictSentence } from "../rules/sentences.js";
import { features, ruleOf, state, subscribe } from "../store.js";
import { refresh } from "../stream.js";
import { writeChange } from "./overtaking.js";
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
    writes: true,
    fields: form.fields,
    isChanged: () => form.draft.isChanged() || (!rule && form.fields.rule.control.value !== ""),
    onSubmit: () => save(form),
    onClose: subscribe(() => follow(form)),
  });
  form.control.dialog.addEventListener("input", (event) => touched(form, event));
  follow(form);
}

function blank(type) {
  const common = { resources: [], disabled: false, comment: "" };
  return type === "node-affinity"
    ? { ...common, nodes: [], strict: false, affinity: "positive" }
    : { ...common, affinity: "positive" };
}

function valuesOf(rule) {
  const { disabled } = rule;
  const common = { resources: [...rule.resources].sort(), disabled, comment: rule.comment ?? "" };
  if (rule.type === "resource-affinity") return { ...common, affinity: rule.affinity };
  const nodes = rule.nodes.map(({ node, priority }) => ({ node, priority }));
  const affinity = rule.affinity ?? "positive";
  return { ...common, nodes: nodes.sort(byNode), strict: rule.strict, affinity };
}

function byNode(one, other) {
  return one.node < other.node ? -1 : 1;
}

function makeFields(form, values) {
  const changed = (name) => () => touchedField(form, name);
  const resources = makeResourcePicker(values.resources, changed("resources"));
  const fields = {
    rule: nameField(form.rule),
    resources: pickerField("rule.resources", resources),
  };
  if (form.type === "node-affinity") {
    if (features().negative_node_affinity || form.rule?.affinity) {
      fields.affinity = policyField("rule.node_affinity", values.affinity);
    }
    fields.nodes = pickerField(
      "rule.nodes",
      makeNodePicker(values.nodes, changed("nodes")),
      [h("p", {}, t("rule.nodes.help")), ...points("rule.nodes.example")],
    );
    fields.strict = tickField("rule.strict", values.strict, [
      h("p", {}, t("rule.strict.help")),
      ...points("rule.strict.advice"),
    ]);
  } else fields.affinity = policyField("rule.affinity", values.affinity);
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
    : h("input", {
        type: "text",
        placeholder: t("rule.name.example"),
        autocapitalize: "none",
        spellcheck: "false",
      });
  return makeField({
    label: t("rule.name"),
    hint: t(rule ? "rule.name.fixed" : "rule.name.hint"),
    control,
  });
}

/** Positive or negative; `key` names what that means for this kind of rule. */
function policyField(key, value) {
  const policies = ["positive", "negative"].map((name) => [name, t(`${key}.${name}`)]);
  const field = makeField({ label: t(key), control: makeSelect(policies, value) });
  const explain = () => field.setHint(t(`${key}.${field.control.value}.hint`));
  return { ...field, explain };
}

function tickField(key, checked, help) {
  return makeField({ label: t(key), help, control: h("input", { type: "checkbox", checked }) });
}

/** A picker as a field: a group with its name, an error and help. */
function pickerField(key, picker, help = null) {
  const field = makeField({ label: t(key), control: picker.control, help });
  if (picker.search) picker.control.before(picker.search);
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
  return {
    read: () => (picker.valid ? [...picker.value()].sort(byNode) : picker.value()),
    write: picker.setValue,
  };
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
  const against = conflictsByField(rule);
  const missing = {
    rule: checkName(form, rule),
    resources: checkResources(form, rule, against.resources),
    nodes: form.fields.nodes ? checkNodes(form, rule, against.nodes) : null,
  };
  const left = Object.keys(missing).filter((name) => missing[name]);
  // The last thing that keeps the form from being saved is said even where nobody was yet.
  if (left.length === 1) form.fields[left[0]].setError(missing[left[0]]);
  form.fields.affinity?.explain();
  form.fields.nodes?.picker.setRanked(rule.affinity !== "negative");
  form.control.tell(noticesOf(form));
  form.control.setReady(!left.length && !form.gone);
}

/** Why the name cannot be taken, or null; said once the field was touched. */
function checkName(form, rule) {
  const key = form.rule ? null : troubleWithName(rule.rule);
  const trouble = key && t(key);
  if (form.touched.has("rule")) form.fields.rule.setError(trouble);
  return trouble;
}

function checkResources(form, rule, against) {
  const missing = rule.resources.length ? null : t("rule.error.no_resources");
  say(form, "resources", missing, against);
  return missing;
}

function checkNodes(form, rule, against) {
  const missing = nodesTrouble(rule, form.fields.nodes.picker.valid());
  say(form, "nodes", missing, against);
  return missing;
}

/** Say what is missing once the field was touched, and conflicts at once; keep what the server said else. */
function say(form, name, missing, against) {
  if (form.touched.has(name) || against) form.fields[name].setError(missing ?? against ?? null);
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

/** What happened underneath the open form, in words. */
function noticesOf(form) {
  if (form.gone) return [t("rule.vanished", { rule: form.rule.rule })];
  return changeLines(form.changes, (name) => t(FIELD_NAMES[name]), wordValue);
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
  if (field === "resources") return list(value.map(nameOf));
  if (field === "affinity") return t(`policy.${value}`);
  if (field === "disabled") return value ? t("off") : t("on");
  if (field === "strict") return value ? t("on") : t("off");
  return value || "–";
}

async function save(form) {
  const rule = ruleFrom(form);
  if (form.rule)
    await writeChange(`/api/rules/${encodeURIComponent(rule.rule)}`, rule, "rules_digest");
  else await write("POST", "/api/rules", rule);
  note(t("rule.saved", { rule: rule.rule }));
  refresh().catch(() => {});
}

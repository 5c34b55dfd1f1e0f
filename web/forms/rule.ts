/** The forms of both kinds of rules: add, or edit with the name fixed. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { write } from "../core/api.js";
import { Asked } from "../core/asked.js";
import { redraw } from "../core/draw.js";
import { collect } from "../core/plans.js";
import { writeChange } from "../core/overtaking.js";
import { askConflicts, type MendableConflict, type Mending, ruleQuery } from "../core/rule-advice.js";
import { features, ruleOf, state, subscribe } from "../core/store.js";
import { refresh } from "../core/stream.js";
import type { Rule } from "../model.js";
import { note } from "../parts/notes.js";
import { conflictSentence } from "../rules/sentences.js";
import { list, t } from "../words/i18n.js";
import { nameOf } from "../words/names.js";
import { type Dialog, freshId, openDialog } from "./dialog.js";
import { type Change, changeLines, Draft } from "./draft.js";
import { groupField, points, selectField, textField, tickField } from "./fields.js";
import { isPriority, nodePicker, ResourcePicker, type TypedPriority, typedOf } from "./pickers.js";
import { type Question, ruleWords } from "./effect.js";
import { keepOpen, reopensAs } from "./kept.js";
import { mendingsView } from "./mending.js";
import { ToldErrors } from "./told.js";

export type RuleType = "node-affinity" | "resource-affinity";

/** What the API takes as a name. */
const NAME = /^[a-z][a-z0-9_-]+$/i;

interface Values {
  resources: string[];
  nodes: TypedPriority[];
  strict: boolean;
  affinity: string;
  disabled: boolean;
  comment: string;
}

type Name = keyof Values | "rule";

const FIELD_NAMES: Record<string, string> = {
  resources: "rule.resources",
  nodes: "rule.nodes",
  strict: "rule.strict",
  affinity: "rule.affinity",
  disabled: "rule.enabled",
  comment: "field.comment",
};
const BLANK: Values = {
  resources: [],
  nodes: [],
  strict: false,
  affinity: "positive",
  disabled: false,
  comment: "",
};

function valuesOf(rule: Rule): Values {
  const nodes = [...rule.nodes].sort((a, b) => (a.node < b.node ? -1 : 1));
  return {
    resources: [...rule.resources].sort(),
    nodes: typedOf(nodes),
    strict: rule.strict,
    affinity: rule.affinity ?? "positive",
    disabled: rule.disabled,
    comment: rule.comment ?? "",
  };
}

/** Open the form of a kind of rule; without a rule it adds one. */
export function openRuleForm(type: RuleType, rule: Rule | null): void {
  new RuleForm(type, rule).open();
}

/** What is kept of a form while its page is away. */
interface Kept {
  type: RuleType;
  rule: Rule | null;
  name: string;
  draft: { known: Values; values: Values };
}

reopensAs<Kept>("rule", (kept) => new RuleForm(kept.type, kept.rule, kept).open());

class RuleForm {
  readonly #id = freshId("rule");
  readonly #type: RuleType;
  readonly #rule: Rule | null;
  readonly #draft: Draft<Values>;
  readonly #told = new ToldErrors();
  readonly #touched = new Set<Name>();
  readonly #changes: Change[] = [];
  readonly #resources = new ResourcePicker(this.#id);
  readonly #advice = new Asked(askConflicts);
  #name: string;
  #isGone = false;
  #dialog: Dialog | null = null;

  constructor(type: RuleType, rule: Rule | null, kept?: Kept) {
    this.#type = type;
    this.#rule = rule;
    this.#name = kept?.name ?? rule?.rule ?? "";
    this.#draft = new Draft(kept?.draft.known ?? (rule ? valuesOf(rule) : BLANK), kept?.draft.values);
    if (kept) this.#follow();
  }

  open(): void {
    const unfollow = subscribe(() => this.#follow());
    const unkeep = keepOpen("rule", () => this.#kept);
    const end = () => {
      unfollow();
      unkeep();
    };
    this.#dialog = openDialog({
      title: t(`rule.form.${this.#type}.${this.#rule ? "edit" : "add"}`),
      size: this.#isNodeRule ? "wide" : "",
      body: () => this.#view(),
      submit: { label: t("save") },
      writes: true,
      isReady: () => this.#isReady(),
      effect: () => this.#effect(),
      notices: () => this.#notices(),
      takeErrors: (fields) => this.#told.take(fields, ["rule", ...Object.keys(FIELD_NAMES)]),
      isChanged: () => this.#isChanged,
      onSubmit: () => this.#save(),
      onCollect: () => this.#collect(),
      onClose: end,
    });
  }

  get #isChanged(): boolean {
    return this.#draft.isChanged || (!this.#rule && this.#name !== "");
  }

  get #kept(): Kept | null {
    const kept = { type: this.#type, rule: this.#rule, name: this.#name, draft: this.#draft.kept };
    return this.#isChanged ? kept : null;
  }

  get #isNodeRule(): boolean {
    return this.#type === "node-affinity";
  }

  #follow(): void {
    if (!this.#rule || !state.snapshot) return;
    const newest = ruleOf(this.#rule.rule);
    this.#isGone = !newest;
    if (newest) this.#changes.push(...this.#draft.follow(valuesOf(newest)));
  }

  /** What happened underneath the open form, in words. */
  #notices(): string[] {
    if (this.#isGone) return [t("rule.vanished", { rule: this.#name })];
    const held = this.#conflicts.length ? [t("conflict.held")] : [];
    return [...changeLines(this.#changes, (name) => t(FIELD_NAMES[name] ?? name), wordValue), ...held];
  }

  #set<K extends keyof Values>(name: K, value: Values[K]): void {
    this.#draft.values[name] = value;
    this.#touch(name);
  }

  #touch(name: Name): void {
    this.#touched.add(name);
    this.#told.touch(name);
    this.#dialog?.clear();
    redraw();
  }

  /** What keeps the form from being saved, by field. */
  #missing(): Partial<Record<Name, string | null>> {
    const { resources, nodes, affinity } = this.#draft.values;
    const name = this.#rule ? null : troubleWithName(this.#name.trim());
    const isRanked = affinity !== "negative";
    const areGood = !isRanked || nodes.every(({ priority }) => isPriority(priority));
    const noNodes = areGood ? (nodes.length ? null : "rule.error.no_nodes") : "rule.error.bad_priority";
    return {
      rule: name && t(name),
      resources: resources.length ? null : t("rule.error.no_resources"),
      nodes: this.#isNodeRule && noNodes ? t(noNodes) : null,
    };
  }

  #isReady(): boolean {
    return !Object.values(this.#missing()).some(Boolean) && !this.#isGone && !this.#conflicts.length;
  }

  /** What is wrong with a field: missing things once it was touched or alone is missing, conflicts at once. */
  #errorOf(name: Name): unknown {
    const missing = this.#missing();
    const left = Object.values(missing).filter(Boolean);
    const isSaid = this.#touched.has(name) || left.length === 1;
    if (missing[name]) return isSaid ? missing[name] : this.#told.of(name);
    const told = this.#told.of(name);
    if (told || (name !== "resources" && name !== "nodes")) return told;
    const found = this.#conflicts.filter(({ field }) => field === name);
    return found.length ? found.map((one) => this.#conflictView(one)) : null;
  }

  /** What stands against the rule, as the server knows; while it is asked again, as it knew. */
  get #conflicts(): MendableConflict[] {
    const { snapshot } = state;
    this.#advice.follow(ruleQuery(this.#asRule()), snapshot?.rules_digest, snapshot?.nodes.length);
    return this.#advice.answer ?? [];
  }

  #conflictView(conflict: MendableConflict): TemplateResult {
    const own = { rule: this.#name.trim(), take: (way: Mending) => this.#take(way) };
    return html`<div class="conflict"><p>${conflictSentence(conflict)}</p>${mendingsView(conflict, own)}</div>`;
  }

  /** Change the rule in the form so that a conflict ends. */
  #take({ resources, nodes, disabled }: Mending): void {
    Object.assign(this.#draft.values, { resources, disabled });
    if (this.#isNodeRule) this.#draft.values.nodes = typedOf(nodes);
    this.#touch("resources");
  }

  /** The rule as it stands in the form. */
  #asRule() {
    const { nodes, strict, affinity, comment, ...values } = this.#draft.values;
    const isRanked = affinity !== "negative";
    const hasAffinity = !this.#isNodeRule || this.#asksAffinity;
    return {
      type: this.#type,
      rule: this.#name.trim(),
      ...values,
      strict: this.#isNodeRule && strict,
      nodes: nodes.map(({ node, priority }) => ({ node, priority: isRanked ? Number(priority) : 0 })),
      affinity: hasAffinity ? affinity : null,
      comment: comment.trim(),
    };
  }

  /** The change as the model is asked for it, once the form is whole. */
  #effect(): Question | null {
    if (!this.#isReady() || (this.#rule && !this.#draft.isChanged)) return null;
    return { [this.#rule ? "change" : "add_rule"]: [ruleWords(this.#asRule(), this.#rule)] };
  }

  /** Whether a node rule can avoid its nodes, on this cluster. */
  get #asksAffinity(): boolean {
    return Boolean(features().negative_node_affinity || this.#rule?.affinity);
  }

  #view(): TemplateResult {
    const { comment, disabled } = this.#draft.values;
    return html`${this.#nameField()} ${this.#resourcesField()}
      ${this.#isNodeRule ? this.#nodeFields() : this.#policyField("rule.affinity")}
      ${textField({
        ...this.#plan("comment"),
        value: comment,
        onInput: (value) => this.#set("comment", value),
      })}
      ${tickField({
        ...this.#plan("disabled"),
        help: t("rule.enabled.help"),
        checked: !disabled,
        onChange: (checked) => this.#set("disabled", !checked),
      })}`;
  }

  #plan(name: keyof Values) {
    const id = `${this.#id}-${name}`;
    return { id, label: t(FIELD_NAMES[name] ?? name), error: this.#errorOf(name) };
  }

  #nameField(): TemplateResult {
    const isFixed = this.#rule !== null;
    return textField({
      id: `${this.#id}-rule`,
      label: t("rule.name"),
      hint: t(isFixed ? "rule.name.fixed" : "rule.name.hint"),
      placeholder: isFixed ? "" : t("rule.name.example"),
      error: this.#errorOf("rule"),
      isRequired: !isFixed,
      isFixed,
      value: this.#name,
      onInput: (value) => {
        this.#name = value;
        this.#touch("rule");
      },
    });
  }

  #resourcesField(): TemplateResult {
    const { resources } = this.#draft.values;
    const picker = this.#resources.view(resources, (sids) => this.#set("resources", sids));
    return groupField({ ...this.#plan("resources"), isRequired: true }, picker);
  }

  #nodeFields(): TemplateResult {
    const { nodes, strict, affinity } = this.#draft.values;
    const picker = nodePicker({
      chosen: nodes,
      isRanked: affinity !== "negative",
      onChange: (chosen) => this.#set("nodes", chosen),
    });
    const help = html`<p>${t("rule.nodes.help")}</p>
      ${points("rule.nodes.example")}`;
    return html`${this.#asksAffinity ? this.#policyField("rule.node_affinity") : nothing}
      ${groupField({ ...this.#plan("nodes"), help, isRequired: true }, picker)}
      ${tickField({
        ...this.#plan("strict"),
        help: html`<p>${t("rule.strict.help")}</p>
          ${points("rule.strict.advice")}`,
        checked: strict,
        onChange: (checked) => this.#set("strict", checked),
      })}`;
  }

  /** Positive or negative; `key` names what that means for this kind of rule. */
  #policyField(key: string): TemplateResult {
    const value = this.#draft.values.affinity;
    return selectField({
      ...this.#plan("affinity"),
      label: t(key),
      hint: t(`${key}.${value}.hint`),
      value,
      choices: ["positive", "negative"].map((name) => [name, t(`${key}.${name}`)]),
      onChange: (next) => this.#set("affinity", next),
    });
  }

  async #save(): Promise<void> {
    const rule = this.#asRule();
    if (this.#rule) await writeChange(`/api/rules/${encodeURIComponent(rule.rule)}`, rule, "rules_digest");
    else await write("POST", "/api/rules", rule);
    note(t("rule.saved", { rule: rule.rule }));
    refresh().catch(() => {});
  }

  /** Put the rule into the plan, in the words of its file. */
  async #collect(): Promise<void> {
    const { type, rule, resources, nodes, strict, affinity, disabled, comment } = this.#asRule();
    const places = nodes.map(({ node, priority }) => (priority ? `${node}:${priority}` : node));
    const own = this.#isNodeRule ? { nodes: places, strict } : {};
    const signed = affinity === null ? {} : { affinity };
    await collect("rules", rule, { type, resources, ...own, ...signed, disable: disabled, comment });
    note(t("plans.page.collected", { name: rule }));
  }
}

/** Why a name cannot be taken, or null. */
function troubleWithName(name: string): string | null {
  if (!name) return "rule.error.no_name";
  if (!NAME.test(name)) return "rule.error.bad_name";
  return ruleOf(name) ? "rule.error.name_taken" : null;
}

function wordValue(field: string, value: unknown): string {
  if (field === "nodes") {
    const nodes = value as TypedPriority[];
    return list(nodes.map(({ node, priority }) => `${node} (${priority})`));
  }
  if (field === "resources") return list((value as string[]).map(nameOf));
  if (field === "affinity") return t(`policy.${value}`);
  if (field === "disabled") return value ? t("off") : t("on");
  if (field === "strict") return value ? t("on") : t("off");
  return String(value || "–");
}

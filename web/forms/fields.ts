/** Fields of forms: a label, its control, a hint, help that unfolds below, and room for what is wrong. */

import { html, nothing, type TemplateResult } from "lit/html.js";
import { live } from "lit/directives/live.js";

import type { Tone } from "../words/states.js";
import { has, t } from "../words/i18n.js";

/** What all fields have; `id` is the control's. */
export interface FieldPlan {
  id: string;
  label: string;
  hint?: string;
  hintTone?: Tone | "";
  help?: unknown;
  /** What is wrong with it; nothing when nothing is. */
  error?: unknown;
  isRequired?: boolean;
  isDisabled?: boolean;
  isHidden?: boolean;
}

/** Points of a help text, from the catalogue: `key` is their title, `key.1`, `key.2` ... what they say. */
export function points(key: string): TemplateResult {
  const lines: string[] = [];
  while (has(`${key}.${lines.length + 1}`)) lines.push(t(`${key}.${lines.length + 1}`));
  return html`<p><strong>${t(key)}</strong></p>
    <ul>
      ${lines.map((line) => html`<li>${line}</li>`)}
    </ul>`;
}

/** A "?" that unfolds what stands in the element of an id, for mouse, finger and keyboard alike. */
function helpMark(label: string, id: string): TemplateResult {
  const toggle = (event: Event) => {
    const mark = event.currentTarget as HTMLElement;
    const body = document.getElementById(id);
    if (!body) return;
    body.hidden = !body.hidden;
    mark.setAttribute("aria-expanded", String(!body.hidden));
  };
  return html`<button type="button" class="help-mark" aria-expanded="false" aria-controls=${id} aria-label=${t("help", { label })} @click=${toggle}>?</button>`;
}

/** Whose texts describe a field's control. */
function describedBy({ id }: FieldPlan): string {
  return `${id}-hint ${id}-error`;
}

function messages(plan: FieldPlan): TemplateResult {
  const { id, hint = "", hintTone = "", error, help } = plan;
  const helpBody = html`<div class="help" id="${id}-help" hidden>${help}</div>`;
  return html`<p class="hint" id="${id}-hint" data-tone=${hintTone} ?hidden=${!hint}>${hint}</p>
    <div class="field-error" id="${id}-error" role=${id.endsWith("otp") ? "alert" : nothing} ?hidden=${!error}>${error ?? nothing}</div>
    ${help ? helpBody : nothing}`;
}

/** A field around a control that stands below its label. */
export function field(plan: FieldPlan, control: unknown): TemplateResult {
  const { id, label, help, isRequired = false, isHidden = false } = plan;
  const star = html`<span class="required" title=${t("form.required")} aria-hidden="true">*</span>`;
  return html`<div class="form-field" ?hidden=${isHidden}>
    <div class="field-head"><label for=${id}>${label}</label>${isRequired ? star : nothing}${help ? helpMark(label, `${id}-help`) : nothing}</div>
    ${control} ${messages(plan)}
  </div>`;
}

/** A field whose control is a group: its label names no single control. */
export function groupField(plan: FieldPlan, control: unknown): TemplateResult {
  const { id, label, help, isRequired = false } = plan;
  const star = html`<span class="required" title=${t("form.required")} aria-hidden="true">*</span>`;
  return html`<div class="form-field">
    <div class="field-head"><span id="${id}-label">${label}</span>${isRequired ? star : nothing}${help ? helpMark(label, `${id}-help`) : nothing}</div>
    ${control} ${messages(plan)}
  </div>`;
}

/** A line of text to type; `kind` is the input's type. */
export interface TextPlan extends FieldPlan {
  value: string;
  kind?: "text" | "password" | "number";
  isFixed?: boolean;
  placeholder?: string;
  autocomplete?: string;
  inputmode?: string;
  onInput?: (value: string) => void;
}

/** A field to type in. */
export function textField(plan: TextPlan): TemplateResult {
  const { id, value, kind = "text", isFixed = false, error, isDisabled = false } = plan;
  const isNumber = kind === "number";
  const take = (event: Event) => plan.onInput?.((event.target as HTMLInputElement).value);
  const control = html`<input
    type=${kind} id=${id} .value=${live(value)} ?readonly=${isFixed} ?disabled=${isDisabled}
    placeholder=${plan.placeholder ?? nothing} autocomplete=${plan.autocomplete ?? "off"}
    autocapitalize="none" spellcheck="false" maxlength=${isNumber ? nothing : 4096}
    min=${isNumber ? 0 : nothing} step=${isNumber ? 1 : nothing}
    inputmode=${plan.inputmode ?? (isNumber ? "numeric" : nothing)}
    aria-describedby=${describedBy(plan)} aria-invalid=${error ? "true" : nothing}
    aria-required=${plan.isRequired ? "true" : nothing} @input=${take} />`;
  return field(plan, control);
}

export type Choice = [value: string, text: string, isDisabled?: boolean];

export interface SelectPlan extends FieldPlan {
  value: string;
  choices: Choice[];
  onChange: (value: string) => void;
}

/** A field to choose in. */
export function selectField(plan: SelectPlan): TemplateResult {
  const { id, value, choices, error, onChange } = plan;
  const take = (event: Event) => onChange((event.target as HTMLSelectElement).value);
  const option = ([name, text, isDisabled = false]: Choice) =>
    html`<option value=${name} ?disabled=${isDisabled} .selected=${live(name === value)}>${text}</option>`;
  const control = html`<select id=${id} ?disabled=${plan.isDisabled ?? false} aria-describedby=${describedBy(plan)} aria-invalid=${error ? "true" : nothing} aria-required=${plan.isRequired ? "true" : nothing} @change=${take} @input=${take}>${choices.map(option)}</select>`;
  return field(plan, control);
}

export interface TickPlan extends FieldPlan {
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** A field to tick. */
export function tickField(plan: TickPlan): TemplateResult {
  const { id, label, help, checked, isDisabled = false, isHidden = false, onChange } = plan;
  const take = (event: Event) => onChange((event.target as HTMLInputElement).checked);
  return html`<div class="form-field" ?hidden=${isHidden}>
    <div class="field-check"><input type="checkbox" id=${id} .checked=${live(checked)} ?disabled=${isDisabled} aria-describedby=${describedBy(plan)} @change=${take} /><label for=${id}>${label}</label>${help ? helpMark(label, `${id}-help`) : nothing}</div>
    ${messages(plan)}
  </div>`;
}

/** One of a few ways, each with its hint below it. */
export interface WaysPlan<Way extends string> {
  id: string;
  legend: string;
  value: Way;
  ways: readonly { way: Way; label: string; hint: string }[];
  onChange: (way: Way) => void;
}

/** A group in which one of a few ways is chosen. */
export function waysField<Way extends string>({ id, legend, value, ways, onChange }: WaysPlan<Way>): TemplateResult {
  const wayView = ({ way, label, hint }: WaysPlan<Way>["ways"][number]) =>
    html`<div class="choice">
      <input type="radio" name="${id}-ways" id="${id}-${way}" value=${way} .checked=${live(value === way)} aria-describedby="${id}-${way}-hint" @change=${() => onChange(way)} />
      <label for="${id}-${way}">${label}</label>
      <p class="hint" id="${id}-${way}-hint">${hint}</p>
    </div>`;
  return html`<fieldset class="choices"><legend>${legend}</legend>${ways.map(wayView)}</fieldset>`;
}

/** A whole number of zero or more, or null. */
export function wholeNumber(text: string): number | null {
  return /^\d{1,6}$/.test(text.trim()) ? Number(text.trim()) : null;
}

/** The form in which is chosen what fails, and when. */

import { html, nothing, type TemplateResult } from "lit/html.js";
import { guard } from "lit/directives/guard.js";
import { live } from "lit/directives/live.js";

import { redraw } from "../core/draw.js";
import { isLineLost, state } from "../core/store.js";
import { dateTime, t } from "../words/i18n.js";
import { resourceName } from "../words/names.js";
import { HOWS, type How, queryOf, question, SIDES } from "./question.js";
import { isBusy, play } from "./play.js";
import { scoreView } from "./score.js";

/** The form. */
export function questionView(): TemplateResult {
  const submit = (event: Event) => {
    event.preventDefault();
    void play();
  };
  const isNothing = String(queryOf(question)) === "";
  return html`<form class="card question" aria-labelledby="whatif-question" @submit=${submit}>
    <header><h2 id="whatif-question">${t("whatif.question")}</h2></header>
    <div class="inside">
      <fieldset><legend>${t("whatif.how")}</legend>${HOWS.map(howView)}</fieldset>
      <fieldset><legend>${t("whatif.nodes")}</legend>
        ${(state.snapshot?.nodes ?? []).map(({ name }) => (question.how === "split" ? sideView(name) : nodeView(name)))}
      </fieldset>
      ${supposedView()}
      <button type="submit" class="button main big" ?disabled=${isLineLost()} title=${isLineLost() ? t("forbidden.line") : nothing} aria-busy=${isBusy() ? "true" : "false"}>${t(isNothing ? "whatif.play_nothing" : "whatif.play")}</button>
      ${scoreView()}
    </div>
  </form>`;
}

function howView(one: How): TemplateResult {
  const choose = () => {
    question.how = one;
    redraw();
  };
  return html`<label class="line"><input type="radio" name="how" .checked=${live(question.how === one)} @change=${choose} /> ${t(`whatif.how.${one}`)}</label>`;
}

/** A node to tick; where several fail, each at its second. */
function nodeView(name: string): TemplateResult {
  const { chosen, how } = question;
  const toggle = () => {
    if (!chosen.delete(name)) chosen.set(name, 0);
    redraw();
  };
  const take = (event: Event) => {
    const field = event.target as HTMLInputElement;
    const second = Math.min(3600, Math.max(0, Math.floor(Number(field.value)) || 0));
    field.value = String(second);
    chosen.set(name, second);
    redraw();
  };
  // What is being typed is not yet taken: it stays whatever is drawn anew meanwhile.
  const at = html`<span class="at"><input type="number" min="0" max="3600" .value=${String(chosen.get(name) ?? 0)} aria-label=${t("whatif.at", { node: name })} @change=${take} /> ${t("whatif.at.unit")}</span>`;
  const isTimed = chosen.has(name) && chosen.size > 1 && (how === "lose" || how === "cut");
  return html`<div class="line"><label class="line"><input type="checkbox" .checked=${live(chosen.has(name))} @change=${toggle} /> ${name}</label>${isTimed ? at : nothing}</div>`;
}

/** A node's side of a split. */
function sideView(name: string): TemplateResult {
  const side = question.sides.get(name) ?? 0;
  const take = (event: Event) => {
    question.sides.set(name, Number((event.target as HTMLSelectElement).value));
    redraw();
  };
  const option = (one: number) => html`<option value=${one} .selected=${live(one === side)}>${t(`whatif.side.${one}`)}</option>`;
  return html`<label class="line side"><span>${name}</span> <select aria-label=${t("whatif.side.of", { node: name })} @change=${take}>${SIDES.map(option)}</select></label>`;
}

/** What else is supposed, and what more may be. */
function supposedView(): TemplateResult {
  const drop = (at: number) => () => {
    question.supposed = question.supposed.filter((_, other) => other !== at);
    redraw();
  };
  const lines = question.supposed.map(
    ([key, told], at) => {
      const words = key === "at" ? dateTime(Number(told) / 1000) : told;
      return html`<li>${t(`whatif.supposed.${key}`, { words })} <button type="button" class="button bare small" aria-label=${t("whatif.drop.of", { words })} @click=${drop(at)}>${t("whatif.drop")}</button></li>`;
    },
  );
  const { snapshot } = state;
  const rules = (snapshot?.rules ?? []).map(({ rule }): [string, string] => [rule, rule]);
  const guests = () => (snapshot?.resources ?? []).map((one): [string, string] => [one.sid, resourceName(one)]);
  return html`<fieldset><legend>${t("whatif.supposed")}</legend>
    <ul class="plain">${lines}</ul>
    ${guard([snapshot?.rules, snapshot?.cluster.name, t("whatif.suppose.remove")], () => supposeView("remove", rules))}
    ${guard([snapshot?.resources, t("whatif.suppose.fail_start")], () => supposeView("fail_start", guests()))}
  </fieldset>`;
}

/** A list from which something more is supposed. */
function supposeView(key: string, choices: [value: string, text: string][]): TemplateResult | typeof nothing {
  if (!choices.length) return nothing;
  const take = (event: Event) => {
    const list = event.target as HTMLSelectElement;
    if (list.value) question.supposed = [...question.supposed, [key, list.value]];
    list.value = "";
    redraw();
  };
  const label = t(`whatif.suppose.${key}`);
  const option = ([value, text]: [string, string]) => html`<option value=${value}>${text}</option>`;
  return html`<select class="suppose" aria-label=${label} @change=${take}><option value="">${label}</option>${choices.map(option)}</select>`;
}

/** The page of the redundancy check: put forward, agreed to by two, carried out, and reported. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { ApiError, asApiError } from "../core/api.js";
import { Asked } from "../core/asked.js";
import { actDrill, drill, type Proposal, type Told } from "../core/drill.js";
import { redraw } from "../core/draw.js";
import { askCourse, type Course as Foretold, type Fate } from "../core/forecast.js";
import { startPage } from "../core/page.js";
import { manualLink } from "../parts/manual.js";
import { addressFor } from "../core/place.js";
import { may, state } from "../core/store.js";
import { errorLine, failureView } from "../words/errors.js";
import { alsoSpeak, dateTime, list, t } from "../words/i18n.js";
import { nameOf } from "../words/names.js";
import { verdictPill } from "../parts/why.js";
import { placesOf, spanText } from "../whatif/course.js";

const TEXTS = ["institution", "system", "grade", "purpose", "examiner", "approver"] as const;
const FILES = { html: "report.html", json: "report.json", capture: "capture.json" } as const;

const form: Record<string, string> = {};
/** By node: what is done to it, in the order in which it was chosen. */
const faults = new Map<string, string>();
let limit = "";
let lab = false;
let failure: ApiError | null = null;
let isBusy = false;
let stopping = false;
/** What is expected of each fault, as it was before the drill was begun. */
const expected = new Map<string, Asked<Foretold>>();

async function doing(what: string, body: object = {}): Promise<void> {
  if (isBusy) return;
  [isBusy, failure] = [true, null];
  redraw();
  try {
    await actDrill(what, body);
  } catch (thrown) {
    failure = asApiError(thrown);
  }
  isBusy = false;
  redraw();
}

function propose(event: Event): void {
  event.preventDefault();
  const limited = limit.trim() ? { ...form, limit_s: Number(limit) } : form;
  void doing("propose", { form: limited, faults: [...faults].map(([node, how]) => ({ node, how })), lab });
}

function view(): TemplateResult {
  const { told, failure: broken } = drill;
  return html`<div class="title"><h1 tabindex="-1">${t("drill.page.title")}</h1>${manualLink("/drill")}</div>
    ${failure ? html`<p class="trouble" role="alert">${failureView(failure)}</p>` : nothing}
    ${told ? toldView(told) : broken ? html`<p class="trouble" role="alert">${errorLine(broken)}</p>` : html`<p class="loading">${t("loading")}</p>`}`;
}

function toldView(told: Told): TemplateResult {
  return html`${told.proposal ? proposalView(told.proposal, told) : formView()} ${told.report && !told.busy ? reportView() : nothing}`;
}

function formView(): TemplateResult {
  const can = may("Sys.Console");
  const text = (name: string) => {
    const type = (event: Event) => {
      form[name] = (event.target as HTMLInputElement).value;
      redraw();
    };
    return html`<label class="form-field"><span>${t(`plans.drill.${name}`)}</span> <input type="text" maxlength="200" .value=${form[name] ?? ""} @input=${type} /></label>`;
  };
  const isWhole = Boolean(form.examiner?.trim() && form.approver?.trim() && faults.size);
  return html`<form class="card" aria-labelledby="form-title" @submit=${propose}>
    <header><h2 id="form-title">${t("drill.page.form")}</h2></header>
    <div class="inside sheet">
      ${TEXTS.map(text)}
      <label class="form-field"><span>${t("drill.page.limit")}</span> <input type="text" inputmode="numeric" maxlength="5" .value=${limit} @input=${(event: Event) => (limit = (event.target as HTMLInputElement).value)} /></label>
      <fieldset><legend>${t("drill.page.nodes")}</legend>${(state.snapshot?.nodes ?? []).map(({ name }) => nodeView(name))}</fieldset>
      ${state.session?.lab ? html`<label class="line"><input type="checkbox" .checked=${lab} @change=${(event: Event) => (lab = (event.target as HTMLInputElement).checked)} /> ${t("drill.page.lab")}</label>` : nothing}
      <p class="soft small">${t("drill.page.rule")}</p>
      <button type="submit" class="button main big" ?disabled=${!can || !isWhole || isBusy}>${t("drill.page.propose")}</button>
    </div>
  </form>`;
}

function nodeView(name: string): TemplateResult {
  const choose = (event: Event) => {
    const how = (event.target as HTMLSelectElement).value;
    faults.delete(name);
    if (how) faults.set(name, how);
    redraw();
  };
  const option = (how: string, words: string) => html`<option value=${how} ?selected=${(faults.get(name) ?? "") === how}>${words}</option>`;
  return html`<label class="form-field"><span>${name}</span> <select @change=${choose}>
    ${option("", t("drill.page.none"))} ${option("lose", t("plans.drill.fault.lose", { node: name }))} ${option("cut", t("plans.drill.fault.cut", { node: name }))}
  </select></label>`;
}

function proposalView(proposal: Proposal, told: Told): TemplateResult {
  const { faults: chosen, consents, digest, by } = proposal;
  const me = state.session?.user ?? "";
  const can = may("Sys.Console");
  const isOver = Boolean(told.course) && !told.busy;
  return html`<section class="card" aria-labelledby="proposal-title">
    <header><h2 id="proposal-title">${t("drill.page.proposal")}</h2></header>
    <div class="inside sheet">
      <p class="soft">${t("drill.page.by", { who: by })}</p>
      <ul>${Object.entries(proposal.form).map(([key, value]) => html`<li>${t(key === "limit_s" ? "drill.page.limit" : `plans.drill.${key}`)}: ${value}</li>`)}</ul>
      <ol>${chosen.map(({ how, node }) => html`<li>${t(`plans.drill.fault.${how}`, { node })} <a href=${addressFor(`/whatif?${new URLSearchParams([[how, node]])}`)}>${t("drill.page.course.all")}</a>${expectedView(how, node, told)}</li>`)}</ol>
      <ul class="consents">${(["examiner", "approver"] as const).map((role) => {
        const given = consents.find((one) => one.role === role);
        const fields = { role: t(`plans.drill.${role}`), name: proposal.form[role] ?? "" };
        return html`<li>${given ? t("drill.page.agreed", { ...fields, user: given.user, time: dateTime(given.at_s) }) : t("drill.page.missing", fields)}</li>`;
      })}</ul>
      <p class="soft small">${t("drill.page.rule")}</p>
      ${told.course ? courseView(told) : nothing}
      <div class="line">
        ${can && !told.course
          ? html`<button type="button" class="button big" ?disabled=${isBusy || consents.some(({ user }) => user === me)} @click=${() => doing("agree", { digest })}>${t("drill.page.agree")}</button>
            <button type="button" class="button big danger" ?disabled=${isBusy || consents.length < 2} @click=${() => doing("start")}>${t("drill.page.start")}</button>`
          : nothing}
        ${can && told.busy ? stopView() : nothing}
        ${can && !told.busy ? html`<button type="button" class="button big" ?disabled=${isBusy} @click=${() => doing("withdraw")}>${t(isOver ? "drill.page.new" : "drill.page.withdraw")}</button>` : nothing}
      </div>
    </div>
  </section>`;
}

/** What the model expects of a fault: who comes back, where, and when. It is asked until the drill is begun. */
function expectedView(how: string, node: string, told: Told): TemplateResult {
  const key = `${how} ${node}`;
  const asked = expected.get(key) ?? new Asked(askCourse);
  expected.set(key, asked);
  const query = new URLSearchParams({ [how]: node, lang: document.documentElement.lang });
  if (!told.course) asked.follow(query, state.snapshot?.rules_digest, state.snapshot?.resources_digest);
  const { answer, failure: broken } = asked;
  if (broken) return html`<p class="small bad-word">${errorLine(broken)}</p>`;
  if (!answer) return told.course ? html`` : html`<p class="small soft" role="status">${t("drill.page.foretelling")}</p>`;
  const struck = Object.entries(answer.resources).filter(([, { from, verdict }]) => from === node && verdict !== "stays");
  if (!struck.length) return html`<p class="small soft">${t("drill.page.nothing_there")}</p>`;
  return html`<ul class="plain small expected">${struck.map(([sid, fate]) => html`<li>${nameOf(sid)} ${verdictPill(fate.verdict)} ${whereText(fate)}</li>`)}</ul>`;
}

function whereText(fate: Fate): string {
  return list([fate.node ? `→ ${placesOf(fate)}` : "", spanText(fate.after_s)].filter(Boolean));
}

/** A drill is stopped by a second press, as it says what it means after the first one. */
function stopView(): TemplateResult {
  const choose = (chosen: boolean) => {
    stopping = chosen;
    redraw();
  };
  if (!stopping) return html`<button type="button" class="button big" id="stop" @click=${() => choose(true)}>${t("drill.page.stop")}</button>`;
  const stop = () => {
    stopping = false;
    void doing("stop");
  };
  return html`<div class="box" data-tone="bad" role="group"><div class="box-text"><p>${t("drill.page.stop.means")}</p>
    <div class="line"><button type="button" class="button danger" id="stop-now" ?disabled=${isBusy} @click=${stop}>${t("drill.page.stop.now")}</button>
      <button type="button" class="button" @click=${() => choose(false)}>${t("drill.page.stop.not")}</button></div></div></div>`;
}

function courseView({ course, busy }: Told): TemplateResult | typeof nothing {
  if (!course) return nothing;
  return html`<section class="box" aria-labelledby="course-title"><div class="box-text">
    <h3 id="course-title">${t("drill.page.course")}: ${course.title}</h3>
    ${busy ? html`<p>${t("drill.page.after", { after_s: course.after_s })}</p>` : nothing}
    <div role="log"><ul>${course.steps.map((step) => html`<li>${t("plans.drill.after", { after_s: step.after_s })}: ${step.says}</li>`)}</ul></div>
    ${course.waits ? html`<p role="alert"><strong>${course.waits}</strong></p><button type="button" class="button main big" ?disabled=${isBusy} @click=${() => doing("done")}>${t("drill.page.done")}</button>` : nothing}
    ${course.trouble ? html`<p class="bad-word" role="alert">${course.trouble}</p>` : nothing}
    ${course.can_go_on && may("Sys.Console") ? html`<button type="button" class="button main big" ?disabled=${isBusy} @click=${() => doing("resume")}>${t("drill.page.resume")}</button>` : nothing}
    ${course.outcomes.length ? html`<ul>${course.outcomes.map((line) => html`<li>${line}</li>`)}</ul>` : nothing}
    ${course.result ? html`<p><span class="pill" data-tone=${course.result === "pass" ? "ok" : "bad"}>${t(`drill.page.result.${course.result}`)}</span></p>` : nothing}
  </div></section>`;
}

function reportView(): TemplateResult {
  return html`<section class="card" aria-labelledby="report-title">
    <header><h2 id="report-title">${t("drill.page.report")}</h2></header>
    <div class="inside line">${Object.entries(FILES).map(([key, name]) => html`<a class="button" href=${addressFor(`/api/drill/files/${name}`)} download=${name}>${t(`drill.page.file.${key}`)}</a>`)}</div>
  </section>`;
}

alsoSpeak("plans");
void startPage(view).then(() => void drill.follow());

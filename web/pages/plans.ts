/** The page of plans: changes that were collected, looked at together, approved, applied once, and undone. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { ApiError, asApiError } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { startPage } from "../core/page.js";
import { manualLink } from "../parts/manual.js";
import { act, type Applied, collectFile, type Entry, leaveOut, type Look, lookAtPlan, lookAtUndo, plans, type Told, type UndoLook } from "../core/plans.js";
import { may, state } from "../core/store.js";
import { errorLine, failureView } from "../words/errors.js";
import { alsoSpeak, dateTime, list, t } from "../words/i18n.js";

const MARKS = { add: "+", set: "~", remove: "−" } as const;

let look: Look | null = null;
let failure: ApiError | null = null;
let isBusy = false;
let why = "";
let text = "";
/** What is about to be done with an apply, once its consequence was read; of an undo, what it does. */
let chosen: { what: "close" | "undo"; number: number; seen?: UndoLook } | null = null;
/** An undo puts entries back in their old places, too. */
let isExact = false;

/** Do something, one thing at a time; what goes wrong is said above the plan. */
async function doing(deed: () => Promise<void>): Promise<void> {
  if (isBusy) return;
  [isBusy, failure] = [true, null];
  redraw();
  try {
    await deed();
  } catch (thrown) {
    failure = asApiError(thrown);
  }
  isBusy = false;
  redraw();
}

const ask = () =>
  doing(async () => {
    look = null;
    look = await lookAtPlan();
  });

function view(): TemplateResult {
  const { told, failure: broken } = plans;
  return html`<div class="title"><h1 tabindex="-1">${t("plans.page.title")}</h1>${manualLink("/plans")}</div>
    ${told ? toldView(told) : broken ? html`<p class="trouble" role="alert">${errorLine(broken)}</p>` : html`<p class="loading">${t("loading")}</p>`}`;
}

function toldView(told: Told): TemplateResult {
  const isSeen = look !== null && look.digest === told.digest;
  return html`${told.trouble ? html`<p class="trouble" role="alert">${told.trouble}</p>` : nothing}
    ${told.elsewhere ? html`<p class="soft" role="status">${told.elsewhere}</p>` : nothing}
    <div class="columns">
      ${draftView(told)}
      <div>
        ${failure ? html`<p class="trouble" role="alert">${failureView(failure)}</p>` : nothing}
        ${isBusy && !look ? html`<p class="loading" role="status">${t("plans.page.playing")}</p>` : nothing}
        ${look && isSeen ? html`${lookView(look)} ${agreementView(told, look)}` : nothing}
        ${!isSeen && !isBusy ? html`<p class="empty">${t(told.entries.length ? "plans.page.look.first" : "plans.page.nothing")}</p>` : nothing}
      </div>
    </div>
    ${recordsView(told)}`;
}

function draftView(told: Told): TemplateResult {
  const can = may("Sys.Console");
  return html`<section class="card question" aria-labelledby="draft-title">
    <header><h2 id="draft-title">${t("plans.page.draft")}</h2></header>
    <div class="inside">
      ${told.entries.length ? html`<ul class="entries">${told.entries.map((entry) => entryView(entry, can))}</ul>` : html`<p class="soft">${t("plans.page.how")}</p>`}
      <div class="line">
        <button type="button" class="button main" id="look" ?disabled=${!told.entries.length || isBusy} @click=${ask}>${t("plans.page.look")}</button>
        ${told.entries.length && can ? html`<button type="button" class="button" ?disabled=${isBusy} @click=${() => doing(() => act("discard", { digest: told.digest }))}>${t("plans.page.discard")}</button>` : nothing}
      </div>
      ${can ? fileView() : nothing}
    </div>
  </section>`;
}

function entryView(entry: Entry, can: boolean): TemplateResult {
  const told = Object.entries(entry.values).map(([key, value]) => `${key}: ${Array.isArray(value) ? value.join(", ") : value}`);
  return html`<li>
    <div><strong>${entry.says} ${entry.shown}</strong> ${entry.gone ? html`<span class="pill" data-tone="bad">${t("plans.page.gone")}</span>` : nothing}
      ${told.length ? html`<p class="small values">${told.join(" · ")}</p>` : nothing}
      <p class="small soft">${t("plans.page.by", { who: entry.by })}</p></div>
    ${can ? html`<button type="button" class="button" ?disabled=${isBusy} aria-label=${t("plans.page.leave_out.of", { name: entry.shown })} @click=${() => doing(() => leaveOut(entry))}>${t("plans.page.leave_out")}</button>` : nothing}
  </li>`;
}

function fileView(): TemplateResult {
  const type = (event: Event) => {
    text = (event.target as HTMLTextAreaElement).value;
    redraw();
  };
  const take = () =>
    doing(async () => {
      await collectFile(text);
      text = "";
    });
  return html`<details class="file"><summary>${t("plans.page.file")}</summary>
    <label class="small soft" for="file">${t("plans.page.file.text")}</label>
    <textarea id="file" class="text" rows="8" spellcheck="false" .value=${text} @input=${type}></textarea>
    <button type="button" class="button" ?disabled=${!text.trim() || isBusy} @click=${take}>${t("plans.page.file.take")}</button>
  </details>`;
}

function lookView(seen: Look): TemplateResult {
  return html`<section class="card" aria-labelledby="look-title">
    <header><h2 id="look-title">${seen.says}</h2></header>
    <div class="inside">
      <ol class="steps">${seen.steps.map(
        (step) => html`<li><p><span class="sign-of" data-verb=${step.verb} aria-hidden="true">${MARKS[step.verb]}</span> ${step.says}</p>
          ${step.notes.map((line) => html`<p class="small soft">${line}</p>`)}</li>`,
      )}</ol>
      ${seen.bearing.map((line) => html`<p>${line}</p>`)}
      ${seen.trouble.map(
        (line) => html`<div class="box" data-tone="bad"><div class="box-text"><p>${line}</p>
          ${(seen.repairs_of[line] ?? []).map((one) => html`<p class="small">${one}</p>`)}</div></div>`,
      )}
    </div>
  </section>`;
}

function agreementView(told: Told, seen: Look): TemplateResult | typeof nothing {
  if (!seen.steps.length) return nothing;
  const can = may("Sys.Console");
  const { approved_by: approved, four_eyes: isHeld } = told;
  const me = state.session?.user ?? "";
  const others = approved.filter((one) => one !== me);
  const isMine = told.entries.some(({ by }) => by === me);
  const type = (event: Event) => {
    why = (event.target as HTMLInputElement).value;
  };
  const waits = isHeld && !others.length;
  return html`<section class="card" aria-labelledby="agree-title">
    <header><h2 id="agree-title">${t("plans.page.apply")}</h2></header>
    <div class="inside agreement">
      ${approved.length ? html`<p>${t("plans.page.approved", { who: list(approved) })}</p>` : nothing}
      ${waits ? html`<p class="bad-word">${t("plans.page.waits")}</p>` : nothing}
      <label class="form-field"><span>${t("plans.page.why")}</span> <input type="text" maxlength="500" .value=${why} @input=${type} /></label>
      <div class="line">
        <button type="button" class="button main big" id="apply" ?disabled=${!can || isBusy || told.busy || waits || seen.conflicts.length > 0} @click=${() => doing(() => act("apply", { look: seen.look, why }))}>${t("plans.page.apply.now")}</button>
        ${isHeld && can ? html`<button type="button" class="button big" ?disabled=${isBusy || isMine || approved.includes(me)} @click=${() => doing(() => act("approve", { look: seen.look }))}>${t("plans.page.approve")}</button>` : nothing}
      </div>
      ${isHeld && isMine ? html`<p class="soft small">${t("plans.page.own")}</p>` : nothing}
      <p class="soft small">${t("plans.page.apply.text")}</p>
    </div>
  </section>`;
}

function recordsView(told: Told): TemplateResult | typeof nothing {
  if (!told.records.length) return nothing;
  return html`<h2 class="last">${t("plans.page.records")}</h2>
    <ul class="records">${told.records.map((one) => recordView(one, told))}</ul>`;
}

const TONES = { open: "info", done: "ok", stopped: "bad", undone: "idle", closed: "idle" } as const;

function recordView(one: Applied, told: Told): TemplateResult {
  const can = may("Sys.Console");
  const isUnderWay = told.busy && one.state === "open";
  const isLeft = one.state === "stopped" || (one.state === "open" && !told.busy);
  const title = t(one.undoes === null ? "plans.page.record" : "plans.page.record.undo", { number: one.number, undoes: one.undoes ?? "" });
  const button = (what: string, press: () => void) =>
    html`<button type="button" class="button" ?disabled=${isBusy || told.busy} aria-label=${`${t(`plans.page.${what}`)}: ${title}`} @click=${press}>${t(`plans.page.${what}`)}</button>`;
  return html`<li class="card"><div class="inside">
    <p class="line"><strong>${title}</strong> <span class="pill" data-tone=${TONES[one.state]}>${t(`plans.page.state.${isLeft ? "stopped" : one.state}`)}</span>
      <span class="soft small">${dateTime(one.began)} · ${one.who}${one.why ? ` · ${one.why}` : ""}</span></p>
    ${isUnderWay || isLeft ? html`<p role="status">${t("plans.page.progress", { done: one.done, of: one.steps.length })}</p>` : nothing}
    ${one.stopped ? html`<p class="bad-word">${isLeft ? t("plans.page.stopped_at") : nothing} ${one.stopped}</p>` : nothing}
    <details><summary>${t("plans.page.steps", { count: one.steps.length })}</summary>
      <ol>${one.steps.map((step, at) => html`<li class=${at < one.done ? "" : "soft"}>${step}</li>`)}</ol></details>
    ${can && (isLeft || (["done", "closed"].includes(one.state) && one.undoes === null))
      ? html`<div class="line">${isLeft ? button("resume", () => void doing(() => act("resume"))) : nothing}
          ${one.undoes === null ? button("undo", () => lookBack(one.number)) : nothing}
          ${isLeft ? button("close", () => choose({ what: "close", number: one.number })) : nothing}</div>`
      : nothing}
    ${can && chosen?.number === one.number ? chosenView(one, chosen, told) : nothing}
  </div></li>`;
}

function choose(what: typeof chosen): void {
  chosen = what;
  redraw();
}

/** See what undoing does before it is done. */
function lookBack(number: number): void {
  void doing(async () => {
    [chosen, isExact] = [null, false];
    chosen = { what: "undo", number, seen: await lookAtUndo(number) };
  });
}

/** What it means, and the button that does it. */
function chosenView(one: Applied, { what, seen }: NonNullable<typeof chosen>, told: Told): TemplateResult {
  const { number, undoes, undo_approved_by: approved } = one;
  const me = state.session?.user ?? "";
  const isHeld = what === "undo" && told.four_eyes;
  const waits = isHeld && approved.every((who) => who === me);
  const body = { number, ...(what === "undo" ? { exact: isExact } : {}) };
  const doIt = () =>
    doing(async () => {
      await act(what, body);
      chosen = null;
    });
  const means = what === "undo" ? "plans.page.undo.means" : undoes === null ? "plans.page.close.means" : "plans.page.close.undo";
  return html`<div class="box" data-tone=${what === "close" ? "bad" : "warn"} role="group"><div class="box-text"><p>${t(means)}</p>
    ${seen ? undoView(seen) : nothing}
    ${isHeld && approved.length ? html`<p>${t("plans.page.approved", { who: list(approved) })}</p>` : nothing}
    ${waits ? html`<p class="bad-word">${t("plans.page.undo.waits")}</p>` : nothing}
    <div class="line"><button type="button" class="button danger" id="do-chosen" ?disabled=${isBusy || told.busy || waits} @click=${doIt}>${t(`plans.page.${what}.sure`)}</button>
      ${isHeld ? html`<button type="button" class="button" ?disabled=${isBusy} @click=${() => doing(() => act("approve-undo", body))}>${t("plans.page.approve")}</button>` : nothing}
      <button type="button" class="button" @click=${() => choose(null)}>${t("plans.page.keep")}</button></div></div></div>`;
}

function undoView({ steps, places }: UndoLook): TemplateResult {
  const choosePlaces = (event: Event) => {
    isExact = (event.target as HTMLInputElement).checked;
    redraw();
  };
  return html`<ol class="steps">${steps.map(({ says, notes }) => html`<li><p>${says}</p>${notes.map((line) => html`<p class="small soft">${line}</p>`)}</li>`)}</ol>
    ${places.length
      ? html`<label class="choice"><input type="checkbox" .checked=${isExact} @change=${choosePlaces} /> <span>${t("plans.page.undo.places", { names: list(places) })}</span></label>`
      : html`<p>${t("plans.page.undo.same")}</p>`}`;
}

alsoSpeak("plans");
void startPage(view).then(() => void plans.follow());

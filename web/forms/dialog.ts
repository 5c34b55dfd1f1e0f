/** Dialogs: labelled, closed by Escape, the focus returned; what was typed is never lost unasked. */

import { html, type TemplateResult } from "lit/html.js";

import { ApiError, asApiError } from "../core/api.js";
import { drawNow, redraw, show } from "../core/draw.js";
import { hindrance } from "../core/hindrance.js";
import { icon } from "../parts/icons.js";
import { errorView, fieldMessageView } from "../words/errors.js";
import { t } from "../words/i18n.js";
import { Effect, type Question } from "./effect.js";

/** What a dialog is made of; functions are asked again whenever something changes. */
export interface DialogPlan {
  title: string;
  size?: "slim" | "wide" | "";
  kind?: string;
  body: () => unknown;
  /** Its deed; without one there is just a way out. */
  submit?: { label: string; tone?: "danger" };
  /** Another word for cancelling, which then has the focus. */
  cancel?: string;
  /** Whether the deed changes the cluster. */
  writes?: boolean;
  isReady?: () => boolean;
  /** What the model is to play, to tell the effect before the deed; null while the form is not whole. */
  effect?: () => Question | null;
  /** Wait until what the form is to say against its deed is known. */
  settled?: () => Promise<void>;
  /** What happened while the dialog was open. */
  notices?: () => string[];
  /** Take what a refusal says of the fields; answers the names of those that the form shows itself. */
  takeErrors?: (fields: Record<string, string>) => string[];
  /** Whether closing would lose something. */
  isChanged?: () => boolean;
  /** Do the deed; false keeps the dialog open. */
  onSubmit?: () => unknown;
  /** Put the change into the plan instead, to be applied with others. */
  onCollect?: () => unknown;
  onClose?: () => void;
  /** What has the focus after the dialog, if not what had it before. */
  returnTo?: () => HTMLElement | null | undefined;
}

let serial = 0;

/** An id that no other form has. */
export function freshId(prefix: string): string {
  serial += 1;
  return `${prefix}-${serial}`;
}

/** Open a dialog with a form. */
export function openDialog(plan: DialogPlan): Dialog {
  const dialog = new Dialog(plan);
  dialog.open();
  return dialog;
}

/** A dialog that is open. */
export class Dialog {
  readonly element = document.createElement("dialog");
  readonly #plan: DialogPlan;
  readonly #id = freshId("dialog");
  readonly #opener = document.activeElement;
  readonly #effect = new Effect();
  #end = () => {};
  #failure: ApiError | null = null;
  #isBusy = false;
  #isTouched = false;
  #isLeft = false;
  #question: Dialog | null = null;

  constructor(plan: DialogPlan) {
    this.#plan = plan;
  }

  /** Show it, with the focus where one begins. */
  open(): void {
    const { element } = this;
    element.setAttribute("aria-labelledby", this.#id);
    element.dataset.size = this.#plan.size ?? "";
    if (this.#plan.kind) element.classList.add(this.#plan.kind);
    document.body.append(element);
    this.#end = show(element, () => this.#view());
    this.#watch();
    element.showModal();
    this.#focusFirst();
  }

  /** Close it, whatever would be lost. */
  close(): void {
    this.#isLeft = true;
    this.#question?.close();
    this.element.close();
  }

  /** Take back what was said of a failure. */
  clear(): void {
    this.#failure = null;
  }

  #view(): TemplateResult {
    const { title, body, submit, cancel, notices, writes, isReady } = this.#plan;
    const reason = writes ? hindrance() : "";
    const told = this.#plan.effect ? this.#effect.view(this.#plan.effect(), this.#id) : null;
    const can = (isReady?.() ?? true) && !reason && !this.#effect.blocks;
    const lines = notices?.() ?? [];
    const reasonId = `${this.#id}-reason`;
    // Beside the deed that they are about: always in sight, and nothing above them moves.
    return html`<form novalidate autocomplete="off" @submit=${this.#submit} @input=${this.#touch} @change=${this.#touch}>
      <div class="dialog-head">
        <h2 id=${this.#id}>${title}</h2>
        <button type="button" class="button icon bare" aria-label=${t("close")} @click=${this.#askOrLeave}>${icon("close")}</button>
      </div>
      <div class="dialog-middle"><div class="dialog-body">${body()}</div>${told}</div>
      <p class="box dialog-notice" data-tone="warn" role="status" id=${reasonId} ?hidden=${!reason}>${reason}</p>
      <div class="box dialog-notice" data-tone="warn" role="status" ?hidden=${!lines.length}>${lines.length ? html`<div class="box-text">${lines.map((line) => html`<p>${line}</p>`)}</div>` : null}</div>
      <div class="box dialog-notice" data-tone="bad" role="alert" ?hidden=${!this.#failure}>${this.#failure ? html`<div class="box-text">${this.#failureView(this.#failure)}</div>` : null}</div>
      <div class="dialog-foot">
        <button type="button" class="button big" data-way="out" @click=${() => this.close()}>${cancel ?? t(submit ? "cancel" : "close")}</button>
        ${this.#plan.onCollect ? html`<button type="button" class="button big" data-way="plan" ?disabled=${!can || this.#isBusy} @click=${this.#collect}>${t("plans.page.collect")}</button>` : null}
        ${submit ? html`<button type="submit" class="button big ${submit.tone ?? "main"}" ?disabled=${!can} title=${reason} aria-describedby=${reason ? reasonId : ""} aria-busy=${this.#isBusy ? "true" : "false"}>${submit.label}</button>` : null}
      </div>
    </form>`;
  }

  /** What is left to be said of a refusal beside its fields, nothing twice. */
  #failureView(error: ApiError): unknown[] {
    const named = Object.entries(error.fields);
    const known = new Set(this.#known(error));
    // A login that was put off leaves the deed undone, and nobody in doubt about it.
    const undone = error.status === 401 && this.#plan.writes ? [html`<p>${t("form.not_done")}</p>`] : [];
    if (!known.size) return [...undone, errorView(error)];
    const said = new Set(named.filter(([name]) => known.has(name)).map(([, text]) => text));
    const rest = named.filter(([name, text]) => !known.has(name) && !said.has(text));
    return rest.map(([, text]) => fieldMessageView(text));
  }

  #known(error: ApiError): string[] {
    return Object.keys(error.fields).length ? (this.#plan.takeErrors?.(error.fields) ?? []) : [];
  }

  #submit = (event: Event): Promise<void> => {
    event.preventDefault();
    return this.#do(this.#plan.onSubmit);
  };

  #collect = (): Promise<void> => this.#do(this.#plan.onCollect);

  /** Do a deed, once at a time, and close when it is done. */
  async #do(deed: (() => unknown) | undefined): Promise<void> {
    if (this.#isBusy || this.#isHeld || !deed) return;
    this.#isBusy = true;
    this.#failure = null;
    redraw();
    try {
      // Whoever presses at once is told all the same what would break; that nothing is known holds nobody.
      await this.#effect.settled();
      await this.#plan.settled?.();
      drawNow();
      if (this.#isHeld) return;
      if ((await deed()) !== false) this.close();
    } catch (thrown) {
      this.#fail(asApiError(thrown));
    } finally {
      this.#isBusy = false;
      redraw();
    }
  }

  /** Whether the deed has to wait: something is missing, would break, or stands in the way. */
  get #isHeld(): boolean {
    const { isReady, writes } = this.#plan;
    return !(isReady?.() ?? true) || this.#effect.blocks || Boolean(writes && hindrance());
  }

  /** Say a refusal: at its fields where it names them, else above the buttons. */
  #fail(error: ApiError): void {
    const known = this.#known(error);
    this.#failure = this.#failureView(error).length ? error : null;
    drawNow();
    if (known.length) this.element.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }

  #touch = (): void => {
    this.#isTouched = true;
  };

  /** The ways out: cancelling leaves at once, Escape and the mark ask if something typed would be lost. */
  #watch(): void {
    const { element } = this;
    const takeOver = (event: Event) => {
      event.preventDefault();
      this.#askOrLeave();
    };
    // A browser lets a page refuse Escape only now and then, and may close two dialogs with one: take the key.
    element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) takeOver(event);
    });
    element.addEventListener("cancel", (event) => event.target === element && takeOver(event));
    element.addEventListener("close", () => this.#closed());
    addEventListener("beforeunload", this.#stay);
  }

  #stay = (event: Event): void => {
    if (this.#wouldLose()) event.preventDefault();
  };

  #wouldLose(): boolean {
    return !this.#isLeft && this.#isTouched && (this.#plan.isChanged?.() ?? false);
  }

  #askOrLeave = (): void => {
    if (!this.#wouldLose()) this.close();
    else if (!this.#question?.element.open) {
      this.#question = askToDiscard((discard) => discard && this.close());
    }
  };

  #closed(): void {
    if (this.#wouldLose()) {
      this.element.showModal();
      this.#askOrLeave();
      return;
    }
    removeEventListener("beforeunload", this.#stay);
    this.#end();
    this.element.remove();
    this.#plan.onClose?.();
    drawNow();
    returnFocus(this.#plan.returnTo?.() ?? this.#opener);
  }

  /** Begin at the first field; where something would be destroyed, or nothing is to fill in, at the way out. */
  #focusFirst(): void {
    const { submit, cancel } = this.#plan;
    const fields = this.element.querySelectorAll<HTMLElement>(
      ".dialog-body :is(input:not([readonly]), select, textarea):enabled",
    );
    const first = [...fields].find((field) => field.checkVisibility());
    const away = this.element.querySelector<HTMLElement>("[data-way=out]");
    (submit?.tone === "danger" || cancel ? away : (first ?? away))?.focus();
  }
}

/** Ask whether what was typed may be lost. */
function askToDiscard(answer: (discard: boolean) => void): Dialog {
  let discard = false;
  return openDialog({
    title: t("discard.title"),
    size: "slim",
    body: () => html`<p>${t("discard.meaning")}</p>`,
    cancel: t("discard.no"),
    submit: { label: t("discard.yes"), tone: "danger" },
    onSubmit: () => {
      discard = true;
    },
    onClose: () => answer(discard),
  });
}

/** Give the focus back to where it was, or to the title of the part it was in. */
function returnFocus(opener: Element | null): void {
  const isThere = opener instanceof HTMLElement && opener.isConnected;
  if (isThere && !opener.matches(":disabled") && opener.checkVisibility()) opener.focus();
  else {
    const title = opener?.closest("section")?.querySelector<HTMLElement>("h2");
    (title ?? document.querySelector<HTMLElement>("main h1"))?.focus();
  }
}

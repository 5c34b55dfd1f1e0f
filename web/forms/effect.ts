/** What a form would set in motion, told before it is saved: the model plays it on the server. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { asApiError, type ApiError } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { type Advice, askAdvice, askCourse, lostIn } from "../core/forecast.js";
import { errorLine } from "../words/errors.js";
import { list, t } from "../words/i18n.js";
import { nameOf } from "../words/names.js";

/** What is asked of the model: changes, or a move. */
export type Question = Record<string, string[]>;

const PAUSE_MS = 250;

interface Told {
  moves: { sid: string; node: string | null; how: string }[];
  worse: Worse[];
  endless: boolean;
}

interface Worse {
  node: string;
  sids: string[];
}

/** The effect of one form, asked again whenever the form says something else. */
export class Effect {
  #asked = "";
  #told: Told | null = null;
  #failure: ApiError | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isTaken = false;

  /** Whether saving waits for a tick: it would break what the cluster bears. */
  get blocks(): boolean {
    return Boolean(this.#told?.worse.length) && !this.#isTaken;
  }

  /** The effect in words; `question` is null while the form says nothing whole. */
  view(question: Question | null, id: string): TemplateResult {
    this.#follow(question);
    return html`<div class="effect" aria-live="polite" aria-busy=${this.#isBusy ? "true" : "false"}>${question ? this.#content(id) : nothing}</div>`;
  }

  get #isBusy(): boolean {
    return this.#asked !== "" && !this.#told && !this.#failure;
  }

  #follow(question: Question | null): void {
    const key = question ? String(queryOf(question)) : "";
    if (key === this.#asked) return;
    [this.#asked, this.#told, this.#failure, this.#isTaken] = [key, null, null, false];
    clearTimeout(this.#timer);
    if (question) this.#timer = setTimeout(() => this.#ask(question, key), PAUSE_MS);
  }

  async #ask(question: Question, key: string): Promise<void> {
    try {
      const told = await ask(question);
      if (this.#asked === key) this.#told = told;
    } catch (thrown) {
      if (this.#asked === key) this.#failure = asApiError(thrown);
    }
    redraw();
  }

  #content(id: string): unknown {
    if (this.#failure) return html`<span class="soft small">${t("effect.unknown", { why: errorLine(this.#failure) })}</span>`;
    const told = this.#told;
    if (!told) return html`<span class="soft small">${t("effect.playing")}</span>`;
    return html`<p><b>${t("effect.now")}</b> ${movesText(told)}</p>
      ${told.endless ? html`<p class="trouble">${t("whatif.endless")}</p>` : nothing}
      ${told.worse.length ? this.#worseView(told.worse, id) : html`<p class="soft small">${t("effect.bears")}</p>`}`;
  }

  /** What would not come back any more, each guest by its name; a tick says that this is meant. */
  #worseView(worse: Worse[], id: string): TemplateResult {
    const take = (event: Event) => {
      this.#isTaken = (event.target as HTMLInputElement).checked;
      redraw();
    };
    const lines = worse.map(({ node, sids }) => html`<p>${t("effect.worse", { node, names: list(sids.map(nameOf)) })}</p>`);
    return html`<div class="box" data-tone="bad"><div class="box-text">${lines}
      <label class="tick"><input type="checkbox" id="${id}-take" .checked=${this.#isTaken} @change=${take} /> ${t("effect.take")}</label></div></div>`;
  }
}

function queryOf(question: Question): URLSearchParams {
  return new URLSearchParams(Object.entries(question).flatMap(([key, all]) => all.map((one) => [key, one])));
}

async function ask(question: Question): Promise<Told> {
  if (question.move) {
    const course = await askCourse(queryOf(question));
    const moved = Object.entries(course.resources).filter(([, { verdict }]) => verdict === "moves");
    return { moves: moved.map(([sid, { node, how }]) => ({ sid, node, how })), worse: [], endless: course.endless };
  }
  const advice = await askAdvice(queryOf(question));
  return { moves: advice.moves, worse: worseOf(advice), endless: advice.endless };
}

/** For each node whose loss would be borne less well: what would not come back then. */
function worseOf({ before, after, worse }: Advice): Worse[] {
  const lostWith = (rows: Advice["after"], name: string) => {
    const row = rows.find((one) => one.name === name);
    return row ? lostIn(row) : [];
  };
  return worse.map((node) => {
    const already = new Set(lostWith(before, node));
    return { node, sids: lostWith(after, node).filter((sid) => !already.has(sid)) };
  });
}

function movesText({ moves }: Told): string {
  if (!moves.length) return t("effect.none");
  return list(
    moves.map(({ sid, node, how }) => t(keyOf(node, how), { name: nameOf(sid), node: node ?? "–" })),
  );
}

function keyOf(node: string | null, how: string): string {
  if (node === null || how === "not") return "effect.stops";
  return how === "live" ? "effect.move.live" : "effect.move.stop";
}

/** What a form would set in motion, told before it is saved: the model plays it on the server. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { Asked } from "../core/asked.js";
import { redraw } from "../core/draw.js";
import { type Advice, askAdvice, askCourse, type Fate, lostIn, type TableRow } from "../core/forecast.js";
import type { AskedRule } from "../core/rule-advice.js";
import { state } from "../core/store.js";
import { errorLine } from "../words/errors.js";
import { list, t } from "../words/i18n.js";
import { lossText } from "../words/losses.js";
import { nameOf } from "../words/names.js";

/** What is asked of the model: changes, or a move. */
export type Question = Record<string, string[]>;

/** For each node whose loss would be borne less well: what would not come back then. */
interface Worse {
  node: string;
  /** Each guest, and the rule or what its node lacks. */
  losses: string[];
}

/** What is told of a form: its advice, or what becomes of a node's resources when that reboots. */
interface Told extends Advice {
  reboot?: { node: string; says: string[] };
}

/** The effect of one form, asked again whenever the form says something else. */
export class Effect {
  readonly #asked = new Asked(ask);
  #isTaken = false;
  #told: Told | null = null;
  /** Whom the form takes out of HA's care: nobody brings them back any more. */
  #dropped: string[] = [];

  /** Whether saving waits for a tick: it would break what the cluster bears. */
  get blocks(): boolean {
    const { answer, isBusy } = this.#asked;
    return answer !== null && !isBusy && answer.worse.length > 0 && !this.#isTaken;
  }

  /** Wait until the effect is known, or is not to be known. */
  settled(): Promise<void> {
    return this.#asked.settled();
  }

  /** The effect in words; `question` is null while the form says nothing whole. */
  view(question: Question | null, id: string): TemplateResult {
    const { snapshot } = state;
    this.#asked.follow(question && queryOf(question), snapshot?.rules_digest, snapshot?.resources_digest);
    const { answer, isBusy } = this.#asked;
    this.#dropped = droppedBy(question ?? {});
    if (answer !== this.#told) [this.#told, this.#isTaken] = [answer, false];
    const content = question ? this.#content(id) : html`<span class="soft small">${t("effect.later")}</span>`;
    return html`<div class="effect"><h3 class="small soft">${t("effect.title")}</h3><div aria-live="polite" aria-busy=${isBusy ? "true" : "false"}>${content}</div></div>`;
  }

  #content(id: string): unknown {
    const { answer, failure, isBusy } = this.#asked;
    if (isBusy) return html`<span class="soft small">${t("effect.playing")}</span>`;
    if (failure) return html`<span class="soft small">${t("effect.unknown", { why: errorLine(failure) })}</span>`;
    if (!answer) return nothing;
    if (answer.reboot) return rebootView(answer.reboot);
    return html`<p><b>${t("effect.now")}</b> ${movesText(answer)}</p>
      ${answer.endless ? html`<p class="trouble">${t("whatif.endless")}</p>` : nothing}
      ${this.#dropped.length ? html`<p class="bad-word">${t("effect.unprotected", { names: namesOf(this.#dropped) })}</p>` : nothing}
      ${answer.worse.length ? this.#worseView(worseOf(answer), id) : html`<p class="soft small">${bearsText(answer, this.#dropped)}</p>`}`;
  }

  /** What would not come back any more, each guest by its name; a tick says that this is meant. */
  #worseView(worse: Worse[], id: string): TemplateResult {
    const take = (event: Event) => {
      this.#isTaken = (event.target as HTMLInputElement).checked;
      redraw();
    };
    const lines = worse.map((one) => html`<p>${worseText(one)}</p>`);
    return html`<div class="box" data-tone="bad"><div class="box-text">${lines}
      <label class="tick"><input type="checkbox" id="${id}-take" .checked=${this.#isTaken} @change=${take} /> ${t("effect.take")}</label></div></div>`;
  }
}

/** Changes as advice; arming, which has a course, with what goes elsewhere by it. */
async function ask(query: URLSearchParams): Promise<Told> {
  const node = query.get("reboot");
  if (!query.has("arming") && node === null) return askAdvice(query);
  const { resources, endless } = await askCourse(query);
  const none = { moves: [], worse: [], endless, before: [], after: [] };
  if (node !== null) {
    const fates = Object.entries(resources).filter(([, { verdict }]) => verdict !== "stays");
    return { ...none, reboot: { node, says: fates.map(([sid, fate]) => fateText(sid, fate)) } };
  }
  const moves = Object.entries(resources)
    .filter(([, { verdict }]) => verdict !== "stays")
    .map(([sid, { verdict, node, how }]) => ({ sid, verdict, node, how }));
  return { ...none, moves };
}

/** What a node's reboot would do to those on it. */
function rebootView({ node, says }: NonNullable<Told["reboot"]>): TemplateResult {
  const lines = says.slice(0, MOST_NAMED).map((one) => html`<p>${one}</p>`);
  const rest = says.length - lines.length;
  return html`<p><b>${t("effect.reboot", { node })}</b> ${says.length ? nothing : t("effect.reboot.none")}</p>${lines}
    ${rest > 0 ? html`<p>${t("effect.more", { count: rest })}</p>` : nothing}`;
}

function fateText(sid: string, { from, node, how }: Fate): string {
  const restarts = node !== null && node === from;
  return t(restarts ? "effect.restarts" : keyOf(node, how), { name: nameOf(sid), node: node ?? "–" });
}

function queryOf(question: Question): URLSearchParams {
  return new URLSearchParams(Object.entries(question).flatMap(([key, all]) => all.map((one) => [key, one])));
}

/** A rule as the model is asked for it; `before` is what the cluster has in its place. */
export function ruleWords(rule: AskedRule, before: AskedRule | null | undefined): string {
  const { type, resources, nodes, strict, affinity, disabled } = rule;
  const isNodeRule = type === "node-affinity";
  return [
    rule.rule,
    `type=${type}`,
    `resources=${resources.join(",")}`,
    isNodeRule ? `nodes=${nodes.map((one) => `${one.node}:${one.priority}`).join(",")}` : "",
    isNodeRule ? `strict=${strict ? 1 : 0}` : "",
    affinity ? `affinity=${affinity}` : "",
    disabled ? "disable=1" : before?.disabled ? "delete=disable" : "",
  ]
    .filter(Boolean)
    .join(" ");
}

function worseOf({ before, after, worse }: Advice): Worse[] {
  const lostWith = (rows: TableRow[], name: string) => {
    const row = rows.find((one) => one.name === name);
    return row ? lostIn(row) : [];
  };
  return worse.map((node) => {
    const already = new Set(lostWith(before, node));
    const fates = after.find((one) => one.name === node)?.resources ?? {};
    const sids = lostWith(after, node).filter((sid) => !already.has(sid));
    return { node, losses: sids.map((sid) => lossText(sid, fates[sid] ?? [])) };
  });
}

/** A node whose loss is borne less well; where all come back still, memory is short. */
function worseText({ node, losses }: Worse): string {
  return losses.length ? t("effect.worse", { node, names: list(losses) }) : t("effect.tighter", { node });
}

/** Whom a question takes out of HA's care, or has stay as they are whatever fails. */
function droppedBy({ remove = [], change = [] }: Question): string[] {
  const unattended = change.filter((words) => / state=(ignored|disabled)\b/.test(words)).map((words) => words.split(" ")[0] ?? "");
  return [...remove.filter((name) => name.includes(":")), ...unattended];
}

/** What the cluster bears before and after, where it bears no less; whom nobody brings back is no gain. */
function bearsText({ before, after }: Advice, dropped: string[]): string {
  if (!after.length) return "";
  const safe = (rows: TableRow[], but: string[]) =>
    new Set(rows.filter((row) => row.safe || (but.length && row.quorate && lostIn(row).every((sid) => but.includes(sid)))).map((row) => row.name));
  const [then, now] = [safe(before, dropped), safe(after, [])];
  const better = [...now].filter((name) => !then.has(name));
  if (better.length) return t("effect.better", { nodes: list(better) });
  const bad = after.filter((row) => !row.safe).map((row) => row.name);
  if (bad.length) return t("effect.bears_not", { nodes: list(bad) });
  return t(dropped.length ? "effect.bears_rest" : "effect.bears");
}

const MOST_NAMED = 6;

function namesOf(sids: string[]): string {
  const rest = sids.length - MOST_NAMED;
  return list([...sids.slice(0, MOST_NAMED).map(nameOf), ...(rest > 0 ? [t("effect.more", { count: rest })] : [])]);
}

function movesText({ moves }: Advice): string {
  if (!moves.length) return t("effect.none");
  const texts = moves.slice(0, MOST_NAMED).map(({ sid, node, how }) => {
    return t(keyOf(node, how), { name: nameOf(sid), node: node ?? "–" });
  });
  const rest = moves.length - texts.length;
  return list(rest ? [...texts, t("effect.more", { count: rest })] : texts);
}

function keyOf(node: string | null, how: string): string {
  if (node === null || how === "not") return "effect.stops";
  if (how === "started" || how === "recovered") return "effect.starts";
  return how === "live" ? "effect.move.live" : "effect.move.stop";
}

/** The timeline: a lane for each node and each resource that changed, to be moved through by keys. */

import { html, nothing, svg, type TemplateResult } from "lit/html.js";

import { ApiError, asApiError } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { askLanes, type Lane, type Lanes, type Step } from "../core/history.js";
import { clusterNow } from "../core/store.js";
import { failureView } from "../words/errors.js";
import { clock, dateMinute, dateTime, minute, span, t, tn } from "../words/i18n.js";
import { nameThen } from "../words/names.js";
import { nodeTrouble, resourceState, type Tone, type Word } from "../words/states.js";
import { addressOf, goTo, whenOpened } from "./views.js";

const MINUTE = 60_000;
const SPANS = [15, 60, 360, 1440, 10_080, 43_200].map((minutes) => minutes * MINUTE);
/** How much of what is shown one press moves. */
const SHARE = 0.25;
const TICKS = 6;
const HEIGHT = 18;

let until: number | null = null;
let width = SPANS[2] as number;
let text = "";
let told: Lanes | null = null;
/** The time that `told` is of. */
let shown: [from: number, to: number] = [0, 1];
let failure: ApiError | null = null;
let isBusy = false;
let newest = 0;
let chosen = "";
let chosenStep = 0;

whenOpened("lanes", () => void load());

async function load(): Promise<void> {
  const mine = ++newest;
  isBusy = true;
  redraw();
  const to = until ?? Math.round(clusterNow() * 1000);
  try {
    const found = await askLanes(to - width, to, text);
    if (mine !== newest) return;
    [told, shown, failure] = [found, [to - width, to], null];
    if (!found.lanes.some((lane) => keyOf(lane) === chosen)) chosen = keyOf(found.lanes[0]);
  } catch (thrown) {
    if (mine !== newest) return;
    failure = asApiError(thrown);
  }
  isBusy = false;
  redraw();
}

const keyOf = (lane: Lane | undefined) => (lane ? `${lane.part}/${lane.whom}` : "");

/** Move by a share of what is shown; up to now at most. */
function move(share: number): void {
  const now = Math.round(clusterNow() * 1000);
  const to = (until ?? now) + share * width;
  until = to >= now ? null : Math.round(to);
  void load();
}

/** Show more of the time, or less of it; its middle stays where it is. */
function zoom(by: 1 | -1): void {
  const at = SPANS.indexOf(width) + by;
  const next = SPANS[at];
  if (next === undefined) return;
  if (until !== null) until += Math.round((next - width) / 2);
  width = next;
  move(0);
}

const KEYS: Record<string, () => void> = {
  ArrowLeft: () => pick(-1),
  ArrowRight: () => pick(1),
  ArrowUp: () => walk(-1),
  ArrowDown: () => walk(1),
  PageUp: () => move(-SHARE * 2),
  PageDown: () => move(SHARE * 2),
  "+": () => zoom(-1),
  "-": () => zoom(1),
  End: () => {
    until = null;
    void load();
  },
  Enter: () => travel(),
};

function onKey(event: KeyboardEvent): void {
  const deed = KEYS[event.key === "=" ? "+" : event.key];
  if (!deed || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  deed();
}

function walk(by: 1 | -1): void {
  const lanes = told?.lanes ?? [];
  const next = lanes[lanes.findIndex((lane) => keyOf(lane) === chosen) + by];
  if (next) choose(keyOf(next), next.steps.length - 1);
}

function pick(by: 1 | -1): void {
  const lane = told?.lanes.find((one) => keyOf(one) === chosen);
  const next = chosenStep + by;
  if (lane && next >= 0 && next < lane.steps.length) choose(chosen, next);
  else move(by * SHARE);
}

function choose(key: string, step: number): void {
  [chosen, chosenStep] = [key, step];
  redraw();
  queueMicrotask(() => document.querySelector(`[data-lane="${CSS.escape(key)}"]`)?.scrollIntoView({ block: "nearest" }));
}

function travel(): void {
  const step = told?.lanes.find((one) => keyOf(one) === chosen)?.steps[chosenStep];
  if (step) goTo("moment", { at: String(step.at) });
}

/** The timeline. */
export function lanesView(): TemplateResult {
  return html`<section class="card" aria-labelledby="lanes-title" aria-busy=${isBusy ? "true" : "false"}>
    <header><h2 id="lanes-title">${t("history.lanes")}</h2>${toolsView()}</header>
    ${failure ? html`<p class="inside trouble" role="alert">${failureView(failure)}</p>` : nothing}
    ${told ? bodyView(told) : failure ? nothing : html`<p class="loading">${t("loading")}</p>`}
  </section>`;
}

function toolsView(): TemplateResult {
  const search = (event: Event) => {
    text = (event.target as HTMLInputElement).value.trim();
    void load();
  };
  const wide = (one: number) => () => {
    width = one;
    move(0);
  };
  const button = (label: string, sign: string, deed: () => void) =>
    html`<button type="button" aria-label=${t(label)} title=${t(label)} @click=${deed}>${sign}</button>`;
  return html`<span class="search"><input type="search" aria-label=${t("history.lanes.search")} placeholder=${t("history.lanes.search")} @change=${search} /></span>
    <span class="joined" role="group" aria-label=${t("history.span")}>${SPANS.map((one) => html`<button type="button" aria-pressed=${one === width ? "true" : "false"} @click=${wide(one)}>${spanName(one)}</button>`)}</span>
    <span class="joined" role="group" aria-label=${t("history.time")}>
      ${button("history.earlier", "‹", () => move(-SHARE * 2))}${button("history.later", "›", () => move(SHARE * 2))}
      <button type="button" aria-pressed=${until === null ? "true" : "false"} @click=${() => KEYS.End?.()}>${t("history.now")}</button>
    </span>`;
}

function spanName(ms: number): string {
  const minutes = ms / MINUTE;
  if (minutes < 60) return tn("history.minutes", minutes);
  return minutes < 1440 ? tn("history.hours", minutes / 60) : tn("history.days", minutes / 1440);
}

function bodyView({ lanes, more, unseen, began }: Lanes): TemplateResult {
  return html`<div class="inside lanes" role="group" tabindex="0" aria-label=${t("history.lanes.keys")} aria-describedby="lane-told" @keydown=${onKey}>
      <div class="lane axis-row"><span></span><svg class="ticks" height="16" aria-hidden="true">${ticksView()}</svg></div>
      ${lanes.map((lane) => laneView(lane, unseen, began))}
    </div>
    <p class="inside lane-told" id="lane-told" aria-live="polite">${chosenText()}</p>
    ${more ? html`<p class="inside soft small">${t("history.lanes.more", { count: more })}</p>` : nothing}
    <p class="inside soft small">${t("history.lanes.meaning")}</p>`;
}

/** Where a moment is, in percent of the width. */
function place(at: number): number {
  const [from, to] = shown;
  return Math.min(100, Math.max(0, ((at - from) / (to - from)) * 100));
}

function ticksView(): unknown {
  const [from, to] = shown;
  return Array.from({ length: TICKS }, (_, n) => {
    const at = (from + ((to - from) * n) / TICKS) / 1000;
    const words = width > 1440 * MINUTE ? dateMinute(at) : minute(at);
    return svg`<text x="${(100 * n) / TICKS}%" y="12">${words}</text>`;
  });
}

function laneView(lane: Lane, unseen: [number, number][], began: number | null): TemplateResult {
  const key = keyOf(lane);
  const ends = [...lane.steps.slice(1).map((step) => step.at), shown[1]];
  const pieces = lane.steps.map((step, n) => piece(step, ends[n] as number, lane, key === chosen && n === chosenStep, () => choose(key, n)));
  const dark: [number, number][] = began !== null && began > shown[0] ? [[shown[0], began], ...unseen] : unseen;
  const gaps = dark.map(([from, to]) => bar(from, to, "gap"));
  return html`<div class="lane" data-lane=${key} data-chosen=${key === chosen ? "yes" : "no"}>
    <span class="cut" title=${laneName(lane)}>${laneName(lane)}</span>
    <svg height=${HEIGHT} role="img" aria-label=${laneText(lane)}>${pieces}${gaps}</svg></div>`;
}

function laneName({ part, whom, steps }: Lane): string {
  if (part === "node") return whom;
  const name = [...steps].reverse().find((step) => step.name)?.name;
  return nameThen(whom, name);
}

/** A lane in one sentence, for who does not see it. */
function laneText(lane: Lane): string {
  const last = lane.steps.at(-1);
  return `${laneName(lane)}: ${last ? wordOf(last, lane).text : "–"}, ${tn("history.changes", lane.steps.length - 1)}`;
}

function bar(from: number, to: number, kind: string): unknown {
  const [start, end] = [place(from), place(to)];
  return end > start ? svg`<rect class=${kind} x="${start}%" width="${end - start}%" height=${HEIGHT}></rect>` : nothing;
}

function piece(step: Step, end: number, lane: Lane, isChosen: boolean, deed: () => void): unknown {
  const word = wordOf(step, lane);
  const [from, to] = [place(step.at), place(end)];
  const title = svg`<title>${stepText(step, end, lane)}</title>`;
  return svg`<rect x="${from}%" width="${Math.max(to - from, 0.25)}%" height=${HEIGHT} data-tone=${word.tone} data-chosen=${isChosen ? "yes" : "no"} @click=${deed}>${title}</rect>`;
}

const GONE: Word = { tone: "idle", text: "" };

function wordOf(step: Step, { part }: Lane): Word {
  if (part === "node") {
    if (step.online === undefined) return { ...GONE, text: t("history.gone") };
    const trouble = nodeTrouble({ online: step.online, ha_state: step.ha_state ?? null });
    return trouble ?? { tone: "ok", text: t("history.online") };
  }
  if (step.state === undefined && step.node === undefined) return { ...GONE, text: t("history.gone") };
  const word = resourceState(step.state);
  const tone: Tone = step.down || (step.lost && word.tone === "ok") ? "warn" : word.tone;
  return { tone, text: word.text };
}

function stepText(step: Step, end: number, lane: Lane): string {
  const where = lane.part === "resource" && step.node ? ` (${step.node})` : "";
  const time = `${dateTime(step.at / 1000)} ~ ${end === shown[1] ? "" : clock(end / 1000)}`;
  return `${time} · ${wordOf(step, lane).text}${where} · ${span((end - step.at) / 1000)}`;
}

function chosenText(): TemplateResult | string {
  const lane = told?.lanes.find((one) => keyOf(one) === chosen);
  const step = lane?.steps[chosenStep] ?? lane?.steps.at(-1);
  if (!lane || !step) return t("history.lanes.none");
  const end = lane.steps[lane.steps.indexOf(step) + 1]?.at ?? shown[1];
  return html`<b>${laneName(lane)}</b> ${stepText(step, end, lane)}
    <a class="button bare small" href=${addressOf("moment", { at: String(step.at) })}>${t("history.travel")}</a>`;
}

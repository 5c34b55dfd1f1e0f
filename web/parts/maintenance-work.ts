/** The maintenance under way: where it is, whether the node may be worked on, and what to do next. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { ApiError } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { actOnMaintenance, isEmptyNow, type Look, maintenanceFailure, type Stop, type Told, type Work } from "../core/maintenance.js";
import { may, state } from "../core/store.js";
import { errorLine } from "../words/errors.js";
import { clock, dateTime, has, list, t } from "../words/i18n.js";
import { nameOf } from "../words/names.js";
import type { Tone } from "../words/states.js";
import { commandOf } from "./maintenance-plan.js";
import { noteFailure } from "./notes.js";
import { pill } from "./pill.js";

let isBusy = false;
let isLeaving = false;

async function act(what: string, body = {}): Promise<void> {
  if (isBusy) return;
  isBusy = true;
  redraw();
  try {
    await actOnMaintenance(what, body);
  } catch (thrown) {
    noteFailure(thrown);
  }
  [isBusy, isLeaving] = [false, false];
  redraw();
}

function button(what: string, kind = ""): TemplateResult {
  return html`<button type="button" class="button big ${kind}" ?disabled=${isBusy || !may("Sys.Console")} @click=${() => act(what)}>${t(`maintenance.do.${what}`)}</button>`;
}

/** A button for the node itself, which only an empty one obeys. */
function power(command: "reboot" | "shutdown", isEmpty: boolean): TemplateResult {
  return html`<button type="button" class="button big" ?disabled=${isBusy || !isEmpty || !may("Sys.Console")} @click=${() => act("power", { command })}>${t(`maintenance.do.${command}`)}</button>`;
}

/** The work. */
export function workView(told: Told, work: Work): TemplateResult {
  const stop = work.stops[work.at]!;
  return html`<section class="card" aria-labelledby="work-title">
      <header><h2 id="work-title" tabindex="-1">${t("maintenance.under_way", { node: stop.node })}</h2>
        <span class="small soft">${t("maintenance.by", { who: work.who, time: dateTime(work.began) })} · ${t(`maintenance.way.${work.way}`)}</span></header>
      <ol class="inside stops" aria-label=${t("maintenance.nodes")}>${work.stops.map((one, at) => stopView(told, work, one, at))}</ol>
    </section>
    ${signView(told, work)} ${work.phase === "gate" ? gateView(told) : nothing}
    ${buttonsView(work)} ${troubleView(told, work)} ${logView(work)}`;
}

function stopView(told: Told, work: Work, { node, unborne = [] }: Stop, at: number): TemplateResult {
  const [tone, key]: [Tone, string] =
    at < work.at ? ["ok", "done"] : at > work.at ? ["idle", work.aborted ? "skipped" : "waits"] : atHand(told, work);
  const isRisky = unborne.length > 0 && at >= work.at && !(at > work.at && work.aborted);
  return html`<li aria-current=${at === work.at ? "step" : "false"}><b>${node}</b> ${pill({ tone, text: t(`maintenance.stop.${key}`) })}
    ${isRisky ? html`<span class="small bad-word">${t("maintenance.bears_none", { nodes: list(unborne) })}</span>` : nothing}</li>`;
}

/** Where the node at hand is: never another word than the sign's below. */
function atHand(told: Told, work: Work): [Tone, string] {
  if (told.look && isOff(work, told.look)) return ["idle", "off"];
  if (work.phase === "emptying" && isEmptyNow()) return ["ok", "empty"];
  return ["info", work.phase];
}

/** The sign: green only while the console says so, and said so a moment ago. */
function signView(told: Told, work: Work): TemplateResult | typeof nothing {
  const { node } = work.stops[work.at]!;
  if (work.phase === "gate") return nothing;
  const isEmpty = work.phase === "emptying" && isEmptyNow();
  const look = told.look ?? null;
  if (look && isOff(work, look)) {
    return html`<section class="card sign" data-tone="idle" aria-labelledby="sign-title">
      <p id="sign-title" class="sign-word" role="status">${t("maintenance.off")}</p>
      <p class="sign-node">${node}</p>
      <div class="sign-body"><p>${t("maintenance.off.text")}</p></div>
    </section>`;
  }
  const head = isEmpty
    ? t("maintenance.empty")
    : t(work.phase === "returning" ? "maintenance.returning" : work.way === "reboot" ? "maintenance.rebooting" : "maintenance.not_empty");
  return html`<section class="card sign" data-tone=${isEmpty ? "ok" : "warn"} aria-labelledby="sign-title">
    <p id="sign-title" class="sign-word" role="status">${head}</p>
    <p class="sign-node">${node}</p>
    <div class="sign-body">${isEmpty ? emptyView(work) : work.phase === "returning" ? returningView(work, look) : remainingView(work, look)}</div>
  </section>`;
}

/** Whether the node was switched off for the work: it is away, and kept in maintenance all the while. */
function isOff({ phase }: Work, look: Look): boolean {
  return phase === "emptying" && !look.there && look.in_maintenance;
}

function emptyView(work: Work): TemplateResult {
  const { node } = work.stops[work.at]!;
  return html`<p>${t(work.way === "guests" ? "maintenance.empty.unheld" : "maintenance.empty.text")}</p>
    ${work.way === "command" ? html`<p>${t("maintenance.command.afterwards")} <code class="fixed">${commandOf(node, "disable")}</code></p>` : nothing}`;
}

function returningView(work: Work, look: Look | null): TemplateResult {
  const { node } = work.stops[work.at]!;
  if (look?.doubts.includes("away")) return html`<p>${t("maintenance.away")}</p>`;
  if (work.way === "command" && look?.in_maintenance) {
    return html`<p>${t("maintenance.command.leave")} <code class="fixed">${commandOf(node, "disable")}</code></p>`;
  }
  const moved = work.log.filter((one) => one.what === "came_move" && one.node === node && one.sid);
  const ours = moved.map(({ sid }) => [sid, node] as const);
  const byThemselves = ["mode", "command", "reboot"].includes(work.way) ? work.stops[work.at]!.returns : {};
  const goals = { ...byThemselves, ...Object.fromEntries(ours) };
  const sids = [...new Set([...Object.keys(goals), ...(look?.returning ?? [])])].sort();
  if (!sids.length) return html`<p>${t("maintenance.returning.text")}</p>`;
  const isBack = (sid: string) => look !== null && look.running.includes(sid);
  const line = (sid: string) => {
    const word = isBack(sid) ? { tone: "ok" as const, text: t("maintenance.back") } : { tone: "idle" as const, text: t("maintenance.gate.waits") };
    return html`<li>${pill(word)} <b>${nameOf(sid)}</b> → ${goals[sid] ?? node}</li>`;
  };
  return html`<p>${t("maintenance.bringing_back", { done: sids.filter(isBack).length, all: sids.length })}</p>
    <ul class="plain">${sids.map(line)}</ul>`;
}

function remainingView(work: Work, look: Look | null): TemplateResult {
  const { node, moves, outside } = work.stops[work.at]!;
  if (!look) return html`<p>${t("maintenance.looking")}</p>`;
  const all = new Set([...Object.keys(moves), ...Object.keys(outside), ...look.running]);
  const rest = look.running.length + look.hidden;
  const done = Math.max(0, all.size + look.hidden - rest);
  const byHand = look.running.filter((sid) => !(sid in moves) && !(sid in outside));
  const awaited = look.awaited.filter((sid) => !look.running.includes(sid));
  const doubts = look.doubts.filter((one) => has(`maintenance.doubt.${one}`));
  return html`${work.way === "command" && !look.in_maintenance ? html`<p>${t("maintenance.command.enter")} <code class="fixed">${commandOf(node, "enable")}</code></p>` : nothing}
    ${all.size + look.hidden ? html`<p><progress max=${all.size + look.hidden} value=${done} aria-label=${t("maintenance.progress.label")}></progress> ${t("maintenance.progress", { done, all: all.size + look.hidden })}</p>` : nothing}
    ${look.running.length ? html`<p>${t("maintenance.still", { names: list(look.running.map(nameOf)) })}</p>` : nothing}
    ${awaited.length ? html`<p>${t("maintenance.awaited", { names: list(awaited.map(nameOf)) })}</p>` : nothing}
    ${byHand.length ? html`<p class="bad-word">${t("maintenance.by_hand", { names: list(byHand.map(nameOf)) })}</p>` : nothing}
    ${look.hidden ? html`<p>${t("maintenance.hidden", { count: look.hidden })}</p>` : nothing}
    ${look.tasks.length ? html`<p>${t("maintenance.tasks", { tasks: list(look.tasks.map(({ type, id }) => [type, id].filter(Boolean).join(" "))) })}</p>` : nothing}
    ${doubts.map((one) => html`<p>${t(`maintenance.doubt.${one}`)}</p>`)}
    ${!rest && !look.in_maintenance && work.way === "mode" ? html`<p>${t("maintenance.entering")}</p>` : nothing}`;
}

function troubleView(told: Told, work: Work): TemplateResult {
  const failure = maintenanceFailure();
  const lines = [
    failure ? errorLine(failure) : "",
    told.blind ? errorLine(new ApiError(told.blind)) : "",
    told.waits_for_login ? t("maintenance.waits_for_login", { who: work.who }) : "",
    work.paused && !work.trouble ? t("maintenance.paused") : "",
    work.trouble ? troubleText(work) : "",
  ].filter(Boolean);
  const other = told.waits_for_login && state.session && state.session.user !== work.who;
  const boxes = lines.map((line) => html`<p class="box notice" data-tone="warn">${line}</p>`);
  return html`<div role="status">${boxes}</div>${other ? html`<p class="acts">${button("take_over")}</p>` : nothing}`;
}

function troubleText({ trouble }: Work): string {
  if (!trouble) return "";
  const what = t(`maintenance.deed.${trouble.what}`, { name: trouble.sid ? nameOf(trouble.sid) : "" });
  const why = trouble.error ? errorLine(new ApiError(trouble.error)) : t("maintenance.not_come");
  return t("maintenance.trouble", { what, why });
}

function gateView(told: Told): TemplateResult {
  const facts = (told.gate ?? []).map(({ kind, ok, names }) => {
    const beside = ok ? "" : list(names.map((one) => (one.includes(":") ? nameOf(one) : one)));
    return html`<li class="fact">${pill({ tone: ok ? "ok" : "warn", text: t(ok ? "maintenance.gate.ok" : "maintenance.gate.waits") })} ${html`<span>${t(`maintenance.gate.${kind}`)} <span class="soft">${beside}</span></span>`}</li>`;
  });
  return html`<section class="card" aria-labelledby="gate-title"><header><h2 id="gate-title">${t("maintenance.gate")}</h2></header>
    <ul class="inside plain">${facts.length ? facts : html`<li>${t("maintenance.looking")}</li>`}</ul>
    ${told.gate?.some(({ kind, ok }) => kind === "plan" && !ok) && told.planned ? plannedView(told.planned) : nothing}</section>`;
}

/** What the next node's turn has become, for whoever is to let it pass. */
function plannedView({ node, moves, outside }: Stop): TemplateResult {
  const goals = Object.entries({ ...moves, ...outside });
  return html`<div class="inside"><h3>${t("maintenance.planned", { node })}</h3>
    <ul class="plain">${goals.map(([sid, goal]) => html`<li><b>${nameOf(sid)}</b> → ${goal}</li>`)}</ul></div>`;
}

function buttonsView(work: Work): TemplateResult {
  const isEmpty = isEmptyNow();
  const leave = html`<button type="button" class="button big" ?disabled=${isBusy || !may("Sys.Console")} @click=${() => {
    isLeaving = true;
    redraw();
  }}>${t("maintenance.do.abort")}</button>`;
  if (isLeaving) {
    const stay = () => {
      isLeaving = false;
      redraw();
    };
    return html`<div class="acts" role="group" aria-label=${t("maintenance.acts")}><p>${t("maintenance.abort.text")}</p>
      ${button("abort", "main")} ${button("close")} <button type="button" class="button big" @click=${stay}>${t("maintenance.do.stay")}</button></div>`;
  }
  return html`<div class="acts" role="group" aria-label=${t("maintenance.acts")}>
    ${work.phase === "emptying" && work.way !== "reboot" ? button("finish", isEmpty ? "main" : "") : nothing}
    ${work.phase === "emptying" && work.way !== "reboot" ? html`${power("reboot", isEmpty)} ${power("shutdown", isEmpty)}` : nothing}
    ${work.phase === "gate" ? button("pass") : nothing}
    ${work.trouble ? button("again", "main") : nothing}
    ${work.paused ? button("resume", work.trouble ? "" : "main") : button("pause")} ${leave}
  </div>`;
}

/** What happened, newest first. */
export function logView(work: Work): TemplateResult {
  const lines = [...work.log].reverse().map(({ at, what, node, sid, who }) => {
    const text = t(`maintenance.log.${what}`, { node, name: sid ? nameOf(sid) : "" });
    return html`<li><span class="when">${clock(at)}</span> ${text} ${who ? html`<span class="small soft">${who}</span>` : nothing}</li>`;
  });
  return html`<section class="card" aria-labelledby="log-title"><header><h2 id="log-title">${t("maintenance.log")}</h2></header>
    <ol class="inside plain work-log">${lines}</ol></section>`;
}

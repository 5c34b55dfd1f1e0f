/** The laboratory: power, network, crashes and time of a simulated cluster, beside the page. */

import { html, nothing, type TemplateResult } from "lit/html.js";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";

import { asApiError, get, write } from "../core/api.js";
import { redraw } from "../core/draw.js";
import * as preferences from "../core/preferences.js";
import { pastShown } from "../core/past.js";
import { here } from "../core/place.js";
import { givesWay, hasRoomBeside, isSideOpen, openSide } from "../core/screen.js";
import { change, guestOf, state, subscribe } from "../core/store.js";
import { wholeNumber } from "../forms/fields.js";
import type { LabGuest, LabNode, Laboratory } from "../core/own-model.js";
import { errorLine } from "../words/errors.js";
import { clock, dateTime, list, t } from "../words/i18n.js";
import { nameOf } from "../words/names.js";
import { icon } from "./icons.js";
import type { MenuItem } from "./menu.js";
import { note } from "./notes.js";
import { manualLink } from "./manual.js";
import { pill } from "./pill.js";

const SPEEDS = [1, 10, 60];
const STEP_S = 10;
const MOST_FAILS = 1000;
const SECTIONS = ["power", "network"] as const;

openSide("lab", preferences.unfolded("lab", false));
let isReading = false;
/** Whether a word came while it was read: what is read then may be of before. */
let isBehind = false;
/** How often the lab was told to do something: what was asked before its last deed is of before. */
let deeds = 0;
/** Numbers as they are being typed, by guest. */
const typed = new Map<string, string>();
/** Nodes whose power this page has switched off, and those that it saw go off by themselves, and when. */
const switchedOff = new Set<string>();
const cutOff = new Map<string, number>();

subscribe((names) => {
  if (!names.includes("snapshot")) return;
  preferences.rememberUnfolded("lab-offered", isOffered());
  void readLab();
});

/** Whether its switches stand in the rows of nodes: where it has no room beside them. */
export function labInRows(): boolean {
  return isSideOpen("lab") && state.lab !== null && isOffered() && !hasRoomBeside() && here() === "/";
}

/** Whether a place is kept for it: before anything is known, where there was one the last time. */
function hasLab(): boolean {
  if (pastShown() !== null) return false;
  if (!state.session) return preferences.unfolded("lab-offered", false);
  if (!state.snapshot) return state.session.lab;
  return isOffered() && state.lab?.offered !== false;
}

function isOffered(): boolean {
  return Boolean(state.session?.lab && state.snapshot?.cluster.lab);
}

/** Read the lab's state along with each word from the console; one question at a time. */
async function readLab(): Promise<void> {
  isBehind = isReading;
  if (isReading || !isOffered()) return;
  isReading = true;
  const asked = deeds;
  try {
    const lab = await get<Laboratory>("/api/lab");
    if (asked === deeds) take(lab);
  } catch {
    // It is asked again with the next word.
  } finally {
    isReading = false;
  }
  if (isBehind) void readLab();
}

/** Take the lab's state in, and see which nodes lost their power without anybody's hand. */
function take(lab: Laboratory): void {
  for (const { name, power } of lab.nodes) {
    const before = state.lab?.nodes.find((node) => node.name === name);
    if (power) {
      cutOff.delete(name);
      switchedOff.delete(name);
    } else if (before?.power && !switchedOff.has(name)) cutOff.set(name, lab.now);
  }
  change({ lab });
}

function fold(): void {
  const isOpen = !isSideOpen("lab") || givesWay("lab");
  preferences.rememberUnfolded("lab", isOpen);
  openSide("lab", isOpen);
}

/** The button in the header that opens it, where there is no room for a tab beside the page. */
export function labToggle(): TemplateResult | typeof nothing {
  if (hasRoomBeside() || !hasLab()) return nothing;
  const isOpen = isSideOpen("lab") ? "true" : "false";
  return html`<button type="button" class="button icon toggle lab-toggle" aria-label=${t("lab.title")} title=${t("lab.title")} aria-expanded=${isOpen} aria-pressed=${isOpen} @click=${fold}>${icon("flask")}</button>`;
}

/** Have the lab do something; `done` says in words that it did, where nothing else shows it. */
async function act(deed: Record<string, unknown>, done = ""): Promise<void> {
  if (deed.action === "power" && !deed.on) switchedOff.add(String(deed.node));
  try {
    const answer = await write<Partial<Laboratory> | null>("POST", "/api/lab", deed);
    deeds += 1;
    take(answer?.nodes ? (answer as Laboratory) : await get<Laboratory>("/api/lab"));
    if (done) note(done);
  } catch (thrown) {
    const error = asApiError(thrown);
    note(t("lab.failed", { words: errorLine(error) }), "warn", error.request);
    redraw();
  }
}

/** The lab: a panel that pushes the page aside, or the tab that opens it; a bar above it where the page is narrow. */
export function labView(): TemplateResult | typeof nothing {
  const { lab } = state;
  if (!hasLab()) return nothing;
  if (!hasRoomBeside()) return isSideOpen("lab") ? barView(lab) : nothing;
  const isShown = isSideOpen("lab") && !givesWay("lab");
  return html`<section class="lab" id="lab" aria-labelledby="lab-title" data-open=${isShown ? "yes" : "no"}>
    <h2 class="lab-heading"><button type="button" class="lab-fold" aria-expanded=${isShown ? "true" : "false"} aria-controls="lab-body" @click=${fold}>${icon("flask")}<span id="lab-title">${t("lab.title")}</span></button>${pill({ tone: "warn", text: t("lab.mark") })}${isShown ? manualLink("lab") : nothing}</h2>
    <div class="lab-body" id="lab-body" role="group" aria-labelledby="lab-title" ?hidden=${!isShown}>${isShown && lab ? bodyView(lab) : nothing}</div>
  </section>`;
}

/** Above a narrow page: the clock; the switches of nodes are in their rows, where there are such. */
function barView(lab: Laboratory | null): TemplateResult {
  const guests = lab ? html`<details class="lab-more"><summary>${t("lab.guests")}</summary>${guestsView(lab)}</details>` : nothing;
  return html`<section class="lab is-bar" id="lab" aria-labelledby="lab-title">
    <h2 class="lab-heading"><span id="lab-title">${t("lab.title")}</span>${pill({ tone: "warn", text: t("lab.mark") })}${manualLink("lab")}</h2>
    <div class="lab-body">${lab ? html`${clockView(lab)}${labInRows() ? nothing : nodesView(lab)}${whyOffView(lab)}${guests}` : nothing}</div>
  </section>`;
}

function bodyView(lab: Laboratory): TemplateResult {
  return html`${clockView(lab)}
    <section><h3 id="lab-nodes">${t("lab.nodes")}</h3>${nodesView(lab)}${whyOffView(lab)}</section>
    <section><h3 id="lab-guests">${t("lab.guests")}</h3>${guestsView(lab)}</section>`;
}

function nodesView(lab: Laboratory): TemplateResult {
  return html`<table class="lab-nodes" aria-label=${t("lab.nodes")}>
    <thead>
      <tr><th scope="col">${t("column.node")}</th>${SECTIONS.map((name) => html`<th scope="col">${t(`lab.${name}`)}</th>`)}</tr>
    </thead>
    <tbody>${repeat(lab.nodes, (node) => node.name, (node) => html`<tr><th scope="row">${node.name}</th>${switchesOf(node).map((one) => html`<td>${one}</td>`)}</tr>`)}</tbody>
  </table>`;
}

function guestsView(lab: Laboratory): TemplateResult {
  return html`<ul class="lab-guests" aria-label=${t("lab.guests")}>${repeat(lab.guests, (guest) => guest.sid, guestItem)}</ul>`;
}

/** Why nodes are off, in the room of the words about the laboratory: nothing moves. */
function whyOffView(lab: Laboratory): TemplateResult {
  const off = lab.nodes.filter((node) => !node.power);
  const told = off.flatMap(({ name }) => {
    const at = cutOff.get(name);
    return at === undefined ? [] : [t("lab.cut_off", { node: name, time: clock(at) })];
  });
  const line = off.length ? [...told, t("lab.no_power")].join(" ") : t("lab.note");
  return html`<p class="lab-why small ${told.length ? "bad-word" : "soft"}" role="status" title=${line}>${line}</p>`;
}

/** The switches of a node, in its row: power and network, each under its sign. */
export function labSwitches(name: string): TemplateResult | typeof nothing {
  const node = state.lab?.nodes.find((one) => one.name === name);
  if (!node) return nothing;
  const [power, network] = switchesOf(node);
  return html`<span class="lab-switches">${icon("power")}${power}${icon("network")}${network}</span>`;
}

/** What can be done to a guest from its row, where the switches stand in the rows. */
export function labDeeds(sid: string): MenuItem[] {
  const guest = labInRows() ? state.lab?.guests.find((one) => one.sid === sid) : undefined;
  if (!guest) return [];
  const name = nameOf(sid);
  const fail = (key: string, count: number): MenuItem => ({ label: t(key), deed: () => void failStarts(sid, count, name) });
  return [
    {
      label: t("lab.menu.crash"),
      hindrance: guest.running ? "" : t("guest.status.stopped"),
      deed: () => void act({ action: "crash", sid }, t("lab.crashed", { name })),
    },
    guest.fail_starts ? fail("lab.menu.fail_no_more", 0) : fail("lab.menu.fail_next", 1),
    ...(guest.fail_starts < MOST_FAILS ? [fail("lab.menu.fail_always", MOST_FAILS)] : []),
  ];
}

function clockView(lab: Laboratory): TemplateResult {
  const speed = (value: number) =>
    html`<button type="button" aria-pressed=${value === lab.speed ? "true" : "false"} aria-label=${t("lab.speed", { speed: value })} @click=${() => act({ action: "speed", speed: value })}>${value}×</button>`;
  const pause = () => act({ action: lab.paused ? "resume" : "pause" });
  return html`<div class="lab-clock">
    <span class="joined" role="group" aria-label=${t("lab.speeds")}>${SPEEDS.map(speed)}</span>
    <span class="soft small number" title=${dateTime(lab.now)}>${t("lab.now", { time: clock(lab.now) })}</span>
    <button type="button" class="button" @click=${pause}>${t(lab.paused ? "lab.resume" : "lab.pause")}</button>
    <button type="button" class="button" @click=${() => act({ action: "step", seconds: STEP_S })}>${t("lab.step", { seconds: STEP_S })}</button>
    ${lab.paused ? pill({ tone: "warn", text: t("lab.paused") }) : nothing}
  </div>`;
}

/** Switches for what a node has: power and network. */
function switchesOf(node: LabNode): TemplateResult[] {
  const { name } = node;
  return SECTIONS.map((action) => {
    const isOff = action === "network" && !node.power;
    const flip = (event: Event) => act({ action, node: name, on: (event.target as HTMLInputElement).checked });
    const why = action === "network" ? html`<span hidden id="lab-off-${name}">${isOff ? t("lab.no_power") : ""}</span>` : nothing;
    return html`<input type="checkbox" role="switch" class="switch" .checked=${live(node[action])} ?disabled=${isOff} aria-label=${t(`lab.${action}_of`, { node: name })} aria-describedby=${isOff ? `lab-off-${name}` : nothing} title=${isOff ? t("lab.no_power") : t(`lab.${action}_of`, { node: name })} @change=${flip} />${why}`;
  });
}

function guestItem(guest: LabGuest): TemplateResult {
  const { sid, running } = guest;
  const name = nameOf(sid);
  const places = guest.runs_on ?? [];
  const where = running ? (places.length ? list(places) : guestOf(sid)?.node) : guestOf(sid)?.node;
  const word = running
    ? { tone: places.length > 1 ? ("bad" as const) : ("ok" as const), text: t("guest.status.running") }
    : { tone: "idle" as const, text: t("guest.status.stopped") };
  const crash = () => act({ action: "crash", sid }, t("lab.crashed", { name }));
  return html`<li>
    <p class="lab-guest"><strong title=${name}>${name}</strong>${pill(word)}<span class="soft small">${where ?? "–"}</span></p>
    <p class="lab-deeds">
      <button type="button" class="button" ?disabled=${!running} aria-label=${t("lab.crash_of", { name })} @click=${crash}>${t("lab.crash")}</button>
      ${failsView(guest, name)}
    </p>
  </li>`;
}

function failsView({ sid, fail_starts }: LabGuest, name: string): TemplateResult {
  const text = typed.get(sid) ?? String(fail_starts);
  const error = isCount(text) ? "" : t("lab.bad_count");
  const id = `lab-error-${sid.replace(":", "-")}`;
  const set = () => isCount(text) && failStarts(sid, Number(text), name);
  const take = (event: Event) => {
    typed.set(sid, (event.target as HTMLInputElement).value);
    redraw();
  };
  return html`<span class="fails-form"><input type="number" class="fails" min="0" max=${MOST_FAILS} step="1" inputmode="numeric" .value=${live(text)} aria-label=${t("lab.fails_of", { name })} title=${t("lab.fails")} aria-describedby=${id} aria-invalid=${error ? "true" : nothing} @input=${take} @keydown=${(event: KeyboardEvent) => event.key === "Enter" && set()} /><button type="button" class="button" aria-label=${t("lab.apply_of", { name })} @click=${set}>${t("lab.apply")}</button></span><span class="field-error" id=${id} role="alert">${error}</span>`;
}

/** Whether a text is a number of starts. */
function isCount(text: string): boolean {
  const count = wholeNumber(text);
  return count !== null && count <= MOST_FAILS;
}

async function failStarts(sid: string, count: number, name: string): Promise<void> {
  typed.delete(sid);
  await act({ action: "fail_starts", sid, count }, t(count ? "lab.will_fail" : "lab.will_not_fail", { name, count }));
}

/** The cluster as a map: nodes as boxes, guests in them, fault domains as frames, a rule drawn on demand. */

import { html, nothing, type TemplateResult } from "lit/html.js";
import { guard } from "lit/directives/guard.js";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";

import { knownDomains } from "../core/domains.js";
import { redraw } from "../core/draw.js";
import * as preferences from "../core/preferences.js";
import { ruleOf, state } from "../core/store.js";
import type { Guest, Node, Resource, Rule } from "../model.js";
import { nodeTexts, policyWord } from "../rules/texts.js";
import { gib, list, t } from "../words/i18n.js";
import { nameOf, resourceName } from "../words/names.js";
import { guestStatus, lrmState, nodeTrouble, resourceState, type Tone } from "../words/states.js";
import { bar } from "./bar.js";
import { changeText } from "./changes.js";
import { drawRule, linesView } from "./map-lines.js";
import { followMoves } from "./map-moves.js";
import { icon, type IconName } from "./icons.js";
import { menuButton, openMenu } from "./menu.js";
import { nodeButtons, nodeMenu } from "./nodes.js";
import { partView } from "./part.js";
import { pill } from "./pill.js";
import { resourceMenu } from "./resources.js";

const VIEWS = ["list", "map"] as const;

let view = preferences.choice("view", VIEWS, "list");
let chosenRule = "";

/** Whether the map stands in the place of the list. */
export function showsMap(): boolean {
  return view === "map";
}

/** Show the list, or the map. */
export function showView(next: (typeof VIEWS)[number]): void {
  view = next;
  preferences.rememberChoice("view", next);
  redraw();
}

/** The two buttons that change between list and map. */
export function viewButtons(): TemplateResult {
  const one = (name: (typeof VIEWS)[number]) =>
    html`<button type="button" aria-pressed=${view === name ? "true" : "false"} @click=${() => showView(name)}>${t(`view.${name}`)}</button>`;
  return html`<span class="joined push" role="group" aria-label=${t("view")}>${VIEWS.map(one)}</span>`;
}

/** The part. */
export function mapView(): TemplateResult {
  followMoves();
  const resources = state.snapshot?.resources ?? [];
  return partView({
    id: "map",
    source: "resources",
    title: t("map.title"),
    tools: html`<div class="tools">${ruleField()}</div>`,
    isEmpty: (state.snapshot?.nodes.length ?? 0) === 0,
    emptyText: t("status.empty"),
    content: () => bodyView(state.snapshot?.nodes ?? [], resources),
  });
}

function ruleField(): TemplateResult {
  const take = (event: Event) => {
    chosenRule = (event.target as HTMLSelectElement).value;
    redraw();
  };
  const option = ({ rule }: Rule) => html`<option value=${rule} .selected=${live(rule === chosenRule)}>${rule}</option>`;
  return html`<label class="small soft" for="map-rule">${t("map.rule")}</label>
    <select id="map-rule" @change=${take}><option value="" .selected=${live(chosenRule === "")}>${t("map.rule.none")}</option>${(state.snapshot?.rules ?? []).map(option)}</select>`;
}

function bodyView(nodes: Node[], resources: Resource[]): TemplateResult {
  const rule = ruleOf(chosenRule);
  drawRule(rule);
  const boxes = new Map(nodes.map((node) => [node.name, boxView(node, resources, rule)]));
  const framed = new Set<string>();
  const frames = Object.entries(knownDomains() ?? {}).map(([name, members]) => {
    const inside = members.filter((one) => boxes.has(one) && !framed.has(one));
    for (const one of inside) framed.add(one);
    return inside.length
      ? html`<section class="map-frame" aria-label=${t("map.domain", { name })}><h3 class="small soft">${t("map.domain", { name })}</h3><div class="map-boxes">${inside.map((one) => boxes.get(one))}</div></section>`
      : nothing;
  });
  const rest = nodes.filter(({ name }) => !framed.has(name));
  return html`<p class="map-told small soft" role="status">${rule ? ruleText(rule) : ""}</p>
    ${legendView()}
    <div class="map-body" @keydown=${walk}>${frames}<div class="map-boxes">${repeat(rest, (one) => one.name, (one) => boxes.get(one.name))}</div>${linesView(rule)}</div>`;
}

/** The rule that is drawn, for those who do not see lines. */
function ruleText(rule: Rule): string {
  const nodes = rule.type === "node-affinity" ? ` → ${list(nodeTexts(rule))}` : "";
  return `${rule.rule}: ${policyWord(rule).text} · ${list(rule.resources.map(nameOf))}${nodes}`;
}

function boxView(node: Node, resources: Resource[], rule: Rule | undefined): TemplateResult {
  const here = resources.filter((one) => one.node === node.name);
  const others = (state.snapshot?.guests ?? []).filter((one) => one.node === node.name);
  const word = nodeTrouble(node) ?? lrmState(node.lrm);
  const priority = rule?.nodes.find((one) => one.node === node.name);
  const alsoIn = domainsBeside(node.name);
  const mark = priority ? html`<span class="small map-priority">${t("map.priority", { priority: priority.priority })}</span>` : nothing;
  const counts = t("map.counts", { ha: here.length, others: others.length });
  return html`<section class="map-node${node.lost ? " last-known" : ""}" data-node=${node.name} aria-label="${node.name}: ${word.text} · ${counts}">
    <h3>${node.name} ${pill(word)} ${mark}<span class="push map-acts">${nodeButtons.map((button) => button(node))}${menuButton(node.name, () => nodeMenu.flatMap((itemsOf) => itemsOf(node)))}</span></h3>
    <p class="map-use small soft">${useView(node)}${alsoIn ? html`<span>${alsoIn}</span>` : nothing}</p>
    <ul class="map-guests" aria-label=${counts}>${repeat(here, (one) => one.sid, (one, at) => guard([one, at === 0, rule, preferences.locale()], () => chip(one, at, rule)))}${repeat(others, (one) => one.sid, otherChip)}</ul>
  </section>`;
}

/** The domains of a node beside the one that frames it: a box stands in one frame only. */
function domainsBeside(node: string): string {
  const [, ...more] = Object.entries(knownDomains() ?? {}).filter(([, members]) => members.includes(node));
  return more.length ? t("map.domain.also", { names: list(more.map(([name]) => name)) }) : "";
}

function useView({ mem, maxmem, cpu }: Node): unknown {
  const share = maxmem && mem !== null ? mem / maxmem : null;
  const memory = share === null ? html`${t("column.memory_short")} –` : html`${bar(share, t("nodes.memory", { percent: Math.round(share * 100) }))}${gib(mem ?? 0)} / ${gib(maxmem ?? 0)} GiB`;
  const used = cpu === null || cpu === undefined ? html`CPU –` : html`${bar(cpu, t("nodes.cpu", { percent: Math.round(cpu * 100) }))}CPU ${Math.round(cpu * 100)} %`;
  return html`<span>${memory}</span><span>${used}</span>`;
}

function chip(resource: Resource, at: number, rule: Rule | undefined): TemplateResult {
  const { sid, vmid, name, target } = resource;
  const word = resourceState(resource.state);
  const said = [resourceName(resource), word.text, changeText(resource)].filter(Boolean).join(", ");
  const open = (event: Event) => {
    const items = resourceMenu.flatMap((itemsOf) => itemsOf(resource));
    openMenu(event.currentTarget as HTMLElement, resourceName(resource), items);
  };
  const kind = kindOf(resource);
  // A guest that simply runs needs no word beside its sign.
  const stateWord = kind === "running" ? nothing : html`<span class="map-word">${resource.down ? t("resources.guest_down") : shortOf(word.text)}</span>`;
  const isMember = rule?.resources.includes(sid) ?? false;
  return html`<li><button type="button" class="map-guest${isMember ? " is-member" : ""}" data-sid=${sid} data-tone=${KINDS[kind].tone} tabindex=${at === 0 ? "0" : "-1"} aria-haspopup="menu" aria-label=${said} title=${said} @click=${open}>${icon(KINDS[kind].icon)}<b>${vmid ?? sid}</b> <span class="cut">${name ?? ""}</span>${stateWord}${target ? html`<span class="map-target">→ ${target}</span>` : nothing}</button></li>`;
}

function otherChip(guest: Guest): TemplateResult {
  const said = t("map.outside", { name: resourceName(guest), state: guestStatus(guest.status) });
  const kind = guest.status === "running" ? "running" : "stopped";
  const word = kind === "running" ? nothing : html`<span class="map-word">${guestStatus(guest.status)}</span>`;
  return html`<li><span class="map-guest is-outside" data-kind=${kind} role="img" aria-label=${said} title=${said}>${icon(KINDS[kind].icon)}${guest.vmid} <span class="cut">${guest.name ?? ""}</span>${word}</span></li>`;
}

/** How a guest is, as its sign tells: a drawing, a colour and, where it does not simply run, a word. */
const KINDS = {
  running: { icon: "play", tone: "ok" },
  stopped: { icon: "square", tone: "idle" },
  moving: { icon: "moving", tone: "info" },
  trouble: { icon: "warning", tone: "warn" },
  failed: { icon: "stop", tone: "bad" },
  last: { icon: "unknown", tone: "idle" },
} as const satisfies Record<string, { icon: IconName; tone: Tone }>;
type Kind = keyof typeof KINDS;

function kindOf(resource: Resource): Kind {
  if (resource.last_known) return "last";
  if (resource.down) return "trouble";
  const { tone } = resourceState(resource.state);
  const found = (Object.keys(KINDS) as Kind[]).find((one) => KINDS[one].tone === tone);
  return found ?? "trouble";
}

/** A state's word without what stands in brackets behind it. */
function shortOf(text: string): string {
  return text.replace(/ \(.*\)$/, "");
}

/** What the signs mean. */
function legendView(): TemplateResult {
  const one = (kind: Kind) => html`<li data-tone=${KINDS[kind].tone}>${icon(KINDS[kind].icon)}${t(`map.legend.${kind}`)}</li>`;
  return html`<ul class="map-legend small" aria-label=${t("map.legend")}>${(Object.keys(KINDS) as Kind[]).map(one)}<li class="is-outside">${t("map.legend.outside")}</li></ul>`;
}

/** Arrows go from guest to guest, and from node to node. */
function walk(event: KeyboardEvent): void {
  const from = (event.target as HTMLElement).closest<HTMLElement>("button.map-guest");
  const box = from?.closest(".map-node");
  if (!from || !box) return;
  const inBox = (one: Element) => [...one.querySelectorAll<HTMLElement>("button.map-guest")];
  const boxes = [...document.querySelectorAll("#map .map-node")].filter((one) => inBox(one).length);
  const at = inBox(box).indexOf(from);
  const beside = (step: number) => inBox(boxes[boxes.indexOf(box) + step] ?? box);
  const steps: Record<string, () => HTMLElement | undefined> = {
    ArrowRight: () => inBox(box)[at + 1] ?? beside(1)[0],
    ArrowLeft: () => inBox(box)[at - 1] ?? beside(-1).at(-1),
    ArrowDown: () => beside(1)[Math.min(at, beside(1).length - 1)],
    ArrowUp: () => beside(-1)[Math.min(at, beside(-1).length - 1)],
  };
  const step = steps[event.key];
  if (!step) return;
  event.preventDefault();
  step()?.focus();
}


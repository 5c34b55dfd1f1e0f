/** Part 2: the list of HA resources, one choice, and what can be done with it. */

import { html, nothing, type TemplateResult } from "lit/html.js";
import { guard } from "lit/directives/guard.js";
import { live } from "lit/directives/live.js";

import { redraw } from "../core/draw.js";
import { hindrance, mayWrite } from "../core/hindrance.js";
import * as preferences from "../core/preferences.js";
import { pastShown } from "../core/past.js";
import { resourceOf, state, subscribe } from "../core/store.js";
import { waitingOf } from "../core/waiting.js";
import { openMove } from "../forms/move.js";
import { openRepair, startAgain, stopRepair } from "../forms/repair.js";
import { openResourceForm } from "../forms/resource.js";
import { openResourceRemoval } from "../forms/resource-removal.js";
import { openStop } from "../forms/stop.js";
import type { PageModel, Resource } from "../model.js";
import { doubt } from "../words/doubt.js";
import { number, t, tn } from "../words/i18n.js";
import { resourceName, typeName } from "../words/names.js";
import { requestOf, resourceState, searchText, type Word } from "../words/states.js";
import { drawAllRows } from "./blocks.js";
import { changedStates, changeText, changeView } from "./changes.js";
import { Filter } from "./filter.js";
import { latestOf } from "./latest.js";
import { menuButton, type MenuItem } from "./menu.js";
import { isMarked, listed, markAllView, markMany, marksMany, marksToggle, marksTools, markView } from "./marks.js";
import { announce, noteFailure } from "./notes.js";
import { partView } from "./part.js";
import { badges } from "./pill.js";
import { cellsOf, type Column, tableView } from "./table.js";

const GROUPINGS = ["none", "node", "state"] as const;
const SORTABLE = ["id", "node", "type", "name", "state"] as const;
type Sorting = (typeof SORTABLE)[number];

const filter = new Filter("resources-filter");
let chosenSid: string | null = null;
let grouping = preferences.choice("grouping", GROUPINGS, "none");
let sorting = preferences.choice("sorting", SORTABLE, "id") as Sorting;
let isDescending = false;

/** What can be done with a resource; other parts of the page may add to it. */
export const resourceMenu: ((resource: Resource) => MenuItem[])[] = [usualDeeds];

/** What stands before the menu of a row: buttons of other parts of the page. */
export const rowButtons: ((resource: Resource) => TemplateResult)[] = [];

subscribe((names) => {
  if (!names.includes("snapshot") || !state.snapshot) return;
  // A radio that goes with its row must not come back chosen.
  if (chosenSid && !resourceOf(chosenSid)) chosenSid = null;
  tellChanges(changedStates(state.snapshot.resources));
});

/** Tell a screen reader what changed; many changes at once as their number. */
function tellChanges(changed: Resource[]): void {
  if (changed.length > 3) announce(tn("resources.changed", changed.length));
  else if (changed.length) {
    const told = changed.map((one) => `${resourceName(one)}: ${resourceState(one.state).text}`);
    announce(told.join(", "));
  }
}

/** The resource that is chosen. */
export function chosen(): Resource | undefined {
  return resourceOf(chosenSid);
}

/** Choose a resource, or none. */
export function choose(sid: string | null): void {
  chosenSid = sid;
  redraw();
}

/** Choose a resource and bring its row into sight. */
export function lookAt(sid: string): void {
  filter.text = "";
  chosenSid = sid;
  drawAllRows();
  (radioOf(sid) ?? document.querySelector<HTMLElement>(`#map [data-sid="${CSS.escape(sid)}"]`))?.focus();
}

/** Show the resources of a node only. */
export function showNode(name: string): void {
  filter.set(name);
  document.querySelector<HTMLElement>(`#${filter.id}`)?.focus();
}

/** Take back what is chosen or marked. */
export function chooseNone(): void {
  if (marksMany()) markMany(false);
  else choose(null);
}

/** Begin to look for something. */
export function beginSearch(): void {
  document.querySelector<HTMLInputElement>(`#${filter.id}`)?.select();
}

/** Choose the row after the chosen one, or before it. */
export function walk(step: 1 | -1): void {
  const radios = [...document.querySelectorAll<HTMLInputElement>("#resources tbody:not(.leaving, .ahead) .at-choice input")];
  const isHere = (box: HTMLInputElement) => (marksMany() ? box === document.activeElement : box.value === chosenSid);
  const at = radios.findIndex(isHere);
  const next = at < 0 ? (step > 0 ? 0 : radios.length - 1) : at + step;
  const radio = radios[next];
  if (!radio) return;
  if (!marksMany()) choose(radio.value);
  radio.focus();
}

function radioOf(sid: string): HTMLElement | null {
  return document.querySelector(`#resources input[value="${CSS.escape(sid)}"]`);
}

type DeedName = "edit" | "move" | "stop" | "remove";

const DEEDS: Record<DeedName, (resource: Resource) => void> = {
  edit: (resource) => openResourceForm(resource),
  move: (resource) => openMove(resource),
  stop: openStop,
  remove: openResourceRemoval,
};

/** Do something with the chosen resource, if it can be done. */
export function doWithChosen(name: DeedName): void {
  const resource = chosen();
  if (resource && mayWrite()) DEEDS[name](resource);
}

function usualDeeds(resource: Resource): MenuItem[] {
  const deed = (name: DeedName): MenuItem => ({
    label: t(name),
    hindrance: hindrance(),
    isDanger: name === "remove" || name === "stop",
    deed: () => DEEDS[name](resource),
  });
  const stop = requestOf(resource) === "started" && resource.configured ? [deed("stop")] : [];
  return [...repairDeeds(resource), deed("edit"), deed("move"), ...stop, deed("remove")];
}

/** What can be done about an error: begin its repair, go on with it, stop it. */
function repairDeeds(resource: Resource): MenuItem[] {
  const { sid, state: now, repair } = resource;
  const item = (key: string, act: () => unknown): MenuItem => ({
    label: t(key),
    hindrance: hindrance(),
    deed: () => void Promise.resolve(act()).catch((thrown) => noteFailure(thrown)),
  });
  return [
    ...(now === "error" ? [item("repair.open", () => openRepair(resource))] : []),
    ...(repair?.step === "waiting" ? [item("line.deed.start_again", () => startAgain(sid))] : []),
    ...(repair ? [item("repair.stop", () => stopRepair(sid))] : []),
  ];
}

/** The part. */
export function resourcesView(): TemplateResult {
  const resources = state.snapshot?.resources ?? [];
  return partView({
    id: "resources",
    source: "resources",
    title: t("resources.title"),
    // That the console asked just now is no comfort when the states are old.
    isAgeless: pastShown() !== null || Boolean(state.snapshot && doubt(state.snapshot)),
    tools: toolsView(resources),
    isEmpty: resources.length === 0,
    emptyText: t("resources.empty"),
    content: () => state.snapshot && listView(state.snapshot),
  });
}

function toolsView(resources: Resource[]): TemplateResult {
  const told = filter.told(resources, searchText);
  const isFiltered = told !== "";
  const one = chosen();
  return html`${filter.view("/")}
    <span class="joined only-wide" role="group" aria-label=${t("resources.grouping")}>${GROUPINGS.map(groupingButton)}</span>
    <div class="tools" role="group" aria-labelledby="resources-title">
      <span class="small soft told" role="status">${isFiltered ? told : ""}</span>
      ${pastShown() === null ? changingTools(one) : nothing}
    </div>`;
}

/** What changes resources: one that is chosen, those that are marked, or a new one. */
function changingTools(one: Resource | undefined): TemplateResult {
  const choice = one ? t("resources.chosen", { name: resourceName(one) }) : t("resources.none_chosen");
  const choiceTools = () =>
    html`<span class="small soft choice-told cut" id="resources-choice" title=${choice}>${choice}</span>
      ${deedButton("edit", one)}${deedButton("move", one)}${deedButton("remove", one)}`;
  return html`
      <span class="unseen" id="resources-forbidden">${hindrance()}</span>
      ${marksToggle()}
      ${marksMany() ? marksTools() : choiceTools()}
      <button type="button" class="button main" ?disabled=${!mayWrite()} title=${hindrance()} aria-describedby=${hindrance() ? "resources-forbidden" : nothing} @click=${() => openResourceForm(undefined)}>${t("resources.add")}</button>`;
}

function groupingButton(name: string): TemplateResult {
  const choose = () => {
    grouping = name;
    preferences.rememberChoice("grouping", name);
    redraw();
  };
  return html`<button type="button" aria-pressed=${grouping === name ? "true" : "false"} @click=${choose}>${t(`resources.grouping.${name}`)}</button>`;
}

function deedButton(name: DeedName, one: Resource | undefined): TemplateResult {
  const why = hindrance();
  const described = why ? "resources-choice resources-forbidden" : "resources-choice";
  return html`<button type="button" class="button" ?disabled=${!one || !mayWrite()} title=${why} aria-describedby=${described} @click=${() => doWithChosen(name)}>${t(name)}</button>`;
}

/** A row of the list: a resource, or the head of a group as text, with its count before it. */
type Row = string | Resource;

function listView(page: PageModel): TemplateResult {
  const { resources } = page;
  const shown = filter.narrow(resources, searchText, ({ sid }) => sid === chosenSid);
  const inOrder = sorted(shown);
  listed(inOrder);
  const columns = columnsNow();
  const isDoubted = doubt(page) !== null;
  const all = [isDoubted, preferences.locale(), sorting, marksMany()];
  const rowView = (row: Row) => {
    if (typeof row === "string") return groupRow(row);
    const look = { isLastKnown: isDoubted || row.last_known, isChosen: row.sid === chosenSid };
    return guard([row, ...seenOf(row), ...all], () => resourceRow(columns, row, look));
  };
  return tableView<Row>({
    label: t("resources.title"),
    kind: "resources",
    columns: columns as unknown as Column<Row>[],
    rows: grouped(inOrder),
    keyOf: (row) => (typeof row === "string" ? row : row.sid),
    rowView,
    blocks: { context: all, contextOf: (row) => (typeof row === "string" ? [] : seenOf(row)) },
  });
}

/** What a row shows that is not of the resource itself. */
function seenOf(row: Resource): unknown[] {
  return [row.sid === chosenSid, isMarked(row.sid), waitingOf(row), latestOf(row.sid)?.at];
}

function sorted(resources: Resource[]): Resource[] {
  if (sorting === "id" && !isDescending) return resources;
  const keyOf: Record<Sorting, (one: Resource) => string | number> = {
    id: (one) => one.vmid ?? 0,
    node: (one) => one.node ?? "",
    type: (one) => one.type,
    name: (one) => one.name ?? "",
    state: (one) => resourceState(one.state).text,
  };
  const key = keyOf[sorting];
  const compare = (one: Resource, other: Resource) =>
    key(one) < key(other) ? -1 : Number(key(one) > key(other));
  const inOrder = [...resources].sort(compare);
  return isDescending ? inOrder.reverse() : inOrder;
}

function grouped(resources: Resource[]): Row[] {
  if (grouping === "none") return resources;
  const nameOf = (one: Resource) =>
    (grouping === "node" ? one.node : resourceState(one.state).text) ?? "–";
  const groups = new Map<string, Resource[]>();
  for (const one of resources) {
    const members = groups.get(nameOf(one));
    if (members) members.push(one);
    else groups.set(nameOf(one), [one]);
  }
  const inOrder = [...groups].sort(([one], [other]) => (one < other ? -1 : 1));
  return inOrder.flatMap(([head, members]) => [`${members.length} ${head}`, ...members]);
}

function groupRow(row: string): TemplateResult {
  const [count = ""] = row.split(" ", 1);
  const head = row.slice(count.length + 1);
  return html`<tr role="row" class="group"><th scope="rowgroup" role="rowheader" colspan="20">${head} <span class="soft small">${number(Number(count))}</span></th></tr>`;
}

interface Look {
  isLastKnown: boolean;
  isChosen: boolean;
}

function resourceRow(columns: Column<Resource>[], resource: Resource, look: Look): TemplateResult {
  const kind = [look.isLastKnown && "last-known", look.isChosen && "chosen"].filter(Boolean);
  return html`<tr role="row" class=${kind.join(" ")} @click=${chooseByRow} @dblclick=${editByRow}>${cellsOf(columns, resource)}</tr>`;
}

function chooseByRow(event: MouseEvent): void {
  const row = event.currentTarget as HTMLElement;
  const box = row.querySelector<HTMLInputElement>(".at-choice input");
  const isControl = (event.target as HTMLElement).closest("button, a, input");
  if (!box || isControl || String(getSelection() ?? "") !== "") return;
  box.click();
}

function editByRow(event: MouseEvent): void {
  if ((event.target as HTMLElement).closest("button, a")) return;
  doWithChosen("edit");
}

function columnsNow(): Column<Resource>[] {
  const sortable = (key: Sorting) => ({
    key,
    head: sortButton(key),
    ...(sorting === key ? { sort: isDescending ? ("descending" as const) : ("ascending" as const) } : {}),
  });
  const onOff = (value: boolean) => t(value ? "on" : "off");
  const plain = (key: string, cell: (one: Resource) => unknown) => ({ key, head: t(`column.${key}`), cell });
  return [
    choiceColumn(),
    { ...sortable("id"), isHead: true, cell: (one) => one.vmid ?? one.sid, title: (one) => one.sid },
    { ...sortable("node"), isWhole: true, cell: (one) => one.node ?? "–", title: (one) => one.node ?? "" },
    { ...sortable("type"), cell: (one) => typeName(one.type) },
    { ...sortable("name"), isWhole: true, cell: nameView, title: (one) => [one.name, one.comment].filter(Boolean).join(" · ") },
    { ...sortable("state"), cell: stateView, title: stateTitle },
    plain("max_restart", (one) => one.max_restart),
    plain("max_relocate", (one) => one.max_relocate),
    plain("failback", (one) => onOff(one.failback)),
    {
      key: "policy",
      head: t("column.policy"),
      cell: (one) => `${one.max_restart} / ${one.max_relocate} / ${onOff(one.failback)}`,
      title: (one) =>
        [
          `${t("column.max_restart")} ${one.max_restart}`,
          `${t("column.max_relocate")} ${one.max_relocate}`,
          `${t("column.failback")} ${onOff(one.failback)}`,
        ].join(" · "),
    },
    { key: "change", head: t("column.change"), isWrapped: true, cell: changeView, title: changeText },
    { key: "acts", head: t("column.acts"), isUnseen: true, cell: pastShown() === null ? actsView : () => nothing },
  ];
}

function choiceColumn(): Column<Resource> {
  if (pastShown() !== null) return { key: "choice", head: t("column.choice"), isUnseen: true, cell: () => nothing };
  return marksMany()
    ? { key: "choice", head: markAllView(), cell: markView }
    : { key: "choice", head: t("column.choice"), isUnseen: true, cell: radioView };
}

function sortButton(key: Sorting): TemplateResult {
  const sort = () => {
    isDescending = sorting === key && !isDescending;
    sorting = key;
    preferences.rememberChoice("sorting", key);
    redraw();
  };
  return html`<button type="button" class="sort" @click=${sort}>${t(`column.${key}`)}</button>`;
}

function radioView(resource: Resource): TemplateResult {
  const { sid } = resource;
  const label = t("resources.choose_one", { name: resourceName(resource) });
  return html`<input type="radio" name="resource" value=${sid} .checked=${live(sid === chosenSid)} aria-label=${label} @change=${() => choose(sid)} />`;
}

function nameView({ name, comment }: Resource): TemplateResult {
  return html`${name ?? "–"}${comment ? html` <span class="comment cut">${comment}</span>` : nothing}`;
}

const STARTING = ["starting", "request_start", "request_start_balance"];

/** The word of a state: never green where the guest is down or its node is lost. */
function wordOf(resource: Resource): { word: Word; beside: string } {
  const word = resourceState(resource.state);
  const isDoubted = Boolean(state.snapshot && doubt(state.snapshot));
  if (isDoubted || resource.last_known) {
    const tone = word.tone === "bad" ? "bad" : "idle";
    return { word: { ...word, tone }, beside: t("resources.last_state") };
  }
  if (resource.down) return { word: { ...word, tone: "warn" }, beside: t("resources.guest_down") };
  const isStopped = resource.guest === "stopped" && STARTING.includes(resource.state ?? "");
  return { word, beside: isStopped ? t("resources.guest_starting") : "" };
}

function stateView(resource: Resource): TemplateResult {
  const { word, beside } = wordOf(resource);
  return badges([word], beside);
}

function stateTitle(resource: Resource): string {
  const { word, beside } = wordOf(resource);
  return [word.text, beside].filter(Boolean).join(" · ");
}

function actsView(resource: Resource): TemplateResult {
  const items = () => resourceMenu.flatMap((itemsOf) => itemsOf(resource));
  return html`${rowButtons.map((button) => button(resource))}${menuButton(resourceName(resource), items)}`;
}

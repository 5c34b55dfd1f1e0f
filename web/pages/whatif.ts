/** The page of failure tests: choose what fails, see what becomes of everything, and what is borne. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { ApiError, asApiError } from "../core/api.js";
import { redraw } from "../core/draw.js";
import {
  askCourse,
  askDomains,
  askFit,
  askScore,
  type Course,
  type Fate,
  keepDomains,
  knownTable,
  lostIn,
  type Phase,
  type Score,
  type Span,
  type TableRow,
  VERDICTS,
} from "../core/forecast.js";
import { startPage } from "../core/page.js";
import { consoleNow, may, state } from "../core/store.js";
import { note } from "../parts/notes.js";
import { verdictPill } from "../parts/why.js";
import { cellsOf, type Column, tableView } from "../parts/table.js";
import { errorLine } from "../words/errors.js";
import { ago, gib, list, number, t, tn } from "../words/i18n.js";
import { nameOf } from "../words/names.js";

const HOWS = ["lose", "cut", "maintenance"] as const;
type How = (typeof HOWS)[number];

/** What else may be supposed, as it comes with the address: rules left out, starts that fail. */
const SUPPOSED = ["remove", "fail_start", "change", "add_rule", "split"];

let how: How = "lose";
const chosen = new Set<string>();
/** Seconds between one loss and the next. */
let gap = 0;
let supposed: [key: string, words: string][] = [];
let course: Course | null = null;
let score: Score | null = null;
let failure: ApiError | null = null;
let isBusy = false;
let asked = "";

/** Read the question from the address: it can be sent to a colleague. */
function readAddress(): void {
  const query = new URLSearchParams(location.search);
  how = HOWS.find((one) => query.has(one)) ?? "lose";
  chosen.clear();
  gap = 0;
  for (const one of query.getAll(how)) {
    const [node = "", later] = one.split("@+");
    chosen.add(node);
    if (later && !gap) gap = Number(later) || 0;
  }
  supposed = [...query].filter(([key]) => SUPPOSED.includes(key));
}

function query(): URLSearchParams {
  const isLater = how !== "maintenance" && gap > 0;
  const nodes = [...chosen].map((node, at) => [how, isLater && at ? `${node}@+${at * gap}` : node]);
  return new URLSearchParams([...nodes, ...supposed]);
}

/** Ask for the course; an answer that a newer question has overtaken is left alone. */
async function play(): Promise<void> {
  const wanted = query();
  const key = String(wanted);
  const address = key ? `/whatif?${key}` : "/whatif";
  if (`${location.pathname}${location.search}` !== address) history.pushState(null, "", address);
  [isBusy, failure, asked] = [true, null, key];
  redraw();
  try {
    const told = await askCourse(wanted);
    if (asked !== key) return;
    course = told;
  } catch (thrown) {
    if (asked !== key) return;
    [failure, course] = [asApiError(thrown), null];
  }
  isBusy = false;
  redraw();
}

function view(): TemplateResult {
  return html`<div class="title"><h1 tabindex="-1">${t("whatif.title")}</h1></div>
    <div class="columns">
      ${questionView()}
      <div>${isBusy ? html`<p class="loading" role="status">${t("whatif.playing")}</p>` : nothing}
        ${failure ? html`<p class="trouble" role="alert">${errorLine(failure)}</p>` : nothing}
        ${course && !isBusy ? courseView(course) : nothing}
      </div>
    </div>
    ${toleranceView()} ${domainsView()}`;
}

function questionView(): TemplateResult {
  const nodes = state.snapshot?.nodes ?? [];
  const choose = (name: string) => () => {
    if (!chosen.delete(name)) chosen.add(name);
    redraw();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    void play();
  };
  return html`<form class="card question" aria-labelledby="whatif-question" @submit=${submit}>
    <header><h2 id="whatif-question">${t("whatif.question")}</h2></header>
    <div class="inside">
      <fieldset><legend>${t("whatif.how")}</legend>
        ${HOWS.map(
          (one) =>
            html`<label class="line"><input type="radio" name="how" .checked=${how === one} @change=${() => {
              how = one;
              redraw();
            }} /> ${t(`whatif.how.${one}`)}</label>`,
        )}
      </fieldset>
      <fieldset><legend>${t("whatif.nodes")}</legend>
        ${nodes.map(
          ({ name }) =>
            html`<label class="line"><input type="checkbox" .checked=${chosen.has(name)} @change=${choose(name)} /> ${name}</label>`,
        )}
      </fieldset>
      ${gapView()} ${supposedView()}
      <button type="submit" class="button main big" aria-busy=${isBusy ? "true" : "false"}>${t(chosen.size ? "whatif.play" : "whatif.play_nothing")}</button>
      ${scoreView()}
    </div>
  </form>`;
}

/** How long after the first the next ones fail, where several do. */
function gapView(): TemplateResult | typeof nothing {
  if (chosen.size < 2 || how === "maintenance") return nothing;
  const take = (event: Event) => {
    gap = Math.max(0, Math.floor(Number((event.target as HTMLInputElement).value) || 0));
    redraw();
  };
  return html`<label class="line">${t("whatif.gap")} <input type="number" min="0" max="3600" .value=${String(gap)} @change=${take} /> ${t("whatif.gap.unit")}</label>`;
}

function supposedView(): TemplateResult | typeof nothing {
  if (!supposed.length) return nothing;
  const drop = (at: number) => () => {
    supposed = supposed.filter((_, other) => other !== at);
    void play();
  };
  const lines = supposed.map(
    ([key, words], at) =>
      html`<li>${t(`whatif.supposed.${key}`, { words })} <button type="button" class="button bare small" @click=${drop(at)}>${t("whatif.drop")}</button></li>`,
  );
  return html`<fieldset><legend>${t("whatif.supposed")}</legend><ul class="plain">${lines}</ul></fieldset>`;
}

function scoreView(): TemplateResult {
  if (!score?.fates.of) return html`<p class="soft small score">${t("whatif.no_score")}</p>`;
  const { fates, times, misses } = score;
  const told = t("whatif.score", { hits: fates.hits, all: fates.of, times: times.hits, of: times.of });
  const missed = misses.map(
    ({ sid, said, came, because }) =>
      html`<li>${t("whatif.miss", { name: nameOf(sid), said, came, because })}</li>`,
  );
  return html`<p class="soft small score">${told}</p>
    ${missed.length ? html`<ul class="plain small soft">${missed}</ul>` : nothing}`;
}

function courseView(told: Course): TemplateResult {
  const rows = Object.entries(told.resources);
  const counts = VERDICTS.map((verdict) => {
    const count = rows.filter(([, fate]) => fate.verdict === verdict).length;
    return html`<li class=${count ? "" : "none"}>${verdictPill(verdict)} <b>${number(count)}</b></li>`;
  });
  return html`<section class="card" aria-labelledby="course-title">
      <header><h2 id="course-title" tabindex="-1">${t("whatif.course")}</h2></header>
      <div class="inside">
        <p class="said ${told.quorate ? "" : "bad"}">${t(told.quorate ? "whatif.quorate" : "whatif.not_quorate")}
          ${told.resets.length ? t("whatif.resets", { nodes: list(told.resets) }) : t("whatif.no_resets")}
          ${told.endless ? t("whatif.endless") : nothing}</p>
        <ul class="counts">${counts}</ul>
      </div>
      ${resourcesView(rows)}
    </section>
    ${phasesView(told.phases)} ${nodesView(told)} ${outsideView(told)} ${assumptionsView(told)}`;
}

function resourcesView(rows: [string, Fate][]): TemplateResult {
  type Row = [string, Fate];
  const columns: Column<Row>[] = [
    { key: "name", head: t("column.name"), isHead: true, cell: ([sid]) => nameOf(sid), title: ([sid]) => nameOf(sid) },
    { key: "verdict", head: t("whatif.verdict"), cell: ([, fate]) => verdictPill(fate.verdict) },
    { key: "to", head: t("whatif.to"), cell: ([, fate]) => placesOf(fate), title: ([, fate]) => placesOf(fate) },
    { key: "after", head: t("whatif.after"), cell: ([, fate]) => spanText(fate.after_s) },
    { key: "why", head: t("whatif.why"), cell: ([, fate]) => fate.says, title: ([, fate]) => fate.says },
  ];
  return tableView<Row>({
    label: t("whatif.course"),
    kind: "course",
    columns,
    rows,
    keyOf: ([sid]) => sid,
    rowView: (row) => html`<tr role="row">${cellsOf(columns, row)}</tr>`,
  });
}

function placesOf({ node, possible }: Fate): string {
  const nodes = [node, ...(possible ?? []).map((one) => one.node)];
  return [...new Set(nodes.map((one) => one ?? "–"))].join(" | ");
}

function spanText(at: Span | null): string {
  if (!at) return "";
  return at[0] === at[1] ? t("whatif.second", { at: at[0] }) : t("whatif.span", { from: at[0], to: at[1] });
}

function phasesView(phases: Phase[]): TemplateResult | typeof nothing {
  if (!phases.length) return nothing;
  const end = Math.max(...phases.map(({ at_s }) => at_s[1]), 1);
  const row = ({ at_s: [from, to], says }: Phase) => {
    const start = (from / end) * 100;
    const width = Math.max(((to - from) / end) * 100, 0.8);
    return html`<li><span class="when">${spanText([from, to])}</span><span class="what">${says}</span>
      <svg class="axis" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><line x1="0" x2="100" y1="4" y2="4"></line><rect x=${start} width=${width} y="1" height="6"></rect></svg></li>`;
  };
  return html`<section class="card" aria-labelledby="phases-title">
    <header><h2 id="phases-title">${t("whatif.phases")}</h2></header>
    <div class="inside"><ol class="phases">${phases.map(row)}</ol></div>
  </section>`;
}

function nodesView(told: Course): TemplateResult {
  type Row = [string, Course["nodes"][string]];
  const share = (part: number, whole: number) => (whole ? `${Math.round((part / whole) * 100)} %` : "–");
  const memory = ([, node]: Row) =>
    `${share(node.before.assigned_memory, node.memory)} → ${share(node.after.assigned_memory, node.memory)} (${gib(node.memory)} GiB)`;
  const columns: Column<Row>[] = [
    { key: "name", head: t("column.node"), isHead: true, cell: ([name]) => name },
    { key: "on", head: t("column.state"), cell: ([, { online }]) => t(`whatif.online.${online[0]}.${online[1]}`) },
    { key: "memory", head: t("whatif.assigned"), cell: memory, title: memory },
    {
      key: "full",
      head: t("whatif.room"),
      cell: ([, { overfull }]) => (overfull ? verdictPill("squeezed") : ""),
    },
  ];
  return html`<section class="card" aria-labelledby="after-title">
    <header><h2 id="after-title">${t("whatif.nodes_after")}</h2></header>
    ${tableView<Row>({ label: t("whatif.nodes_after"), kind: "after", columns, rows: Object.entries(told.nodes), keyOf: ([name]) => name, rowView: (row) => html`<tr role="row">${cellsOf(columns, row)}</tr>` })}
  </section>`;
}

function outsideView(told: Course): TemplateResult | typeof nothing {
  if (!told.outside_ha.length) return nothing;
  return html`<section class="card" aria-labelledby="outside-title">
    <header><h2 id="outside-title">${tn("whatif.outside", told.outside_ha.length)}</h2></header>
    <p class="inside">${list(told.outside_ha.map(nameOf))}</p>
  </section>`;
}

function assumptionsView(told: Course): TemplateResult {
  return html`<section class="card" aria-labelledby="assumed-title">
    <header><h2 id="assumed-title">${t("whatif.assumptions")}</h2></header>
    <ul class="inside plain small soft">${told.assumptions.map(({ says }) => html`<li>${says}</li>`)}</ul>
  </section>`;
}

/** What the cluster bears, case by case. */
function toleranceView(): TemplateResult {
  const table = knownTable();
  const columns: Column<TableRow>[] = [
    { key: "name", head: t("tolerance.lost"), isHead: true, cell: caseName, title: caseName },
    { key: "verdict", head: t("whatif.verdict"), cell: caseVerdict },
    { key: "struck", head: t("tolerance.struck"), cell: struckText, title: struckText },
    { key: "resets", head: t("tolerance.resets"), cell: ({ resets }) => list(resets) },
    { key: "acts", head: t("tolerance.open"), isUnseen: true, cell: openCase },
  ];
  return html`<section class="card" id="tolerance" aria-labelledby="tolerance-title" aria-busy=${table?.fresh ? "false" : "true"}>
    <header><h2 id="tolerance-title">${t("tolerance.title")}</h2><span class="small soft" role="status">${tableAge()}</span></header>
    ${
      table?.rows.length
        ? tableView<TableRow>({ label: t("tolerance.title"), kind: "tolerance", columns, rows: table.rows, keyOf: ({ kind, name }) => `${kind} ${name}`, rowView: (row) => html`<tr role="row">${cellsOf(columns, row)}</tr>` })
        : html`<p class="loading">${table?.trouble ?? t("tolerance.computing")}</p>`
    }
  </section>`;
}

let domains: Record<string, string[]> = {};
let newName = "";
const newMembers = new Set<string>();
let fit: { memory: number; cores: number; count: number | null } = { memory: 8, cores: 4, count: null };

async function saveDomains(next: Record<string, string[]>): Promise<void> {
  try {
    await keepDomains(next);
    domains = next;
    [newName] = [""];
    newMembers.clear();
  } catch (thrown) {
    note(errorLine(asApiError(thrown)), "warn");
  }
  redraw();
}

/** Racks, switches, rooms: what fails together; and how many more guests fit. */
function domainsView(): TemplateResult {
  const nodes = state.snapshot?.nodes ?? [];
  const can = may("Sys.Console");
  const drop = (name: string) => () => {
    const { [name]: _, ...rest } = domains;
    void saveDomains(rest);
  };
  const add = (event: Event) => {
    event.preventDefault();
    const name = newName.trim();
    if (name && newMembers.size) void saveDomains({ ...domains, [name]: [...newMembers].sort() });
  };
  const member = (name: string) => () => {
    if (!newMembers.delete(name)) newMembers.add(name);
    redraw();
  };
  const lines = Object.entries(domains).map(
    ([name, members]) =>
      html`<li><b>${name}</b> ${list(members)} <button type="button" class="button bare small" ?disabled=${!can} aria-label=${t("domains.drop", { name })} @click=${drop(name)}>${t("remove")}</button></li>`,
  );
  return html`<section class="card" aria-labelledby="domains-title">
    <header><h2 id="domains-title">${t("domains.title")}</h2></header>
    <div class="inside">
      <p class="soft small">${t("domains.meaning")}</p>
      <ul class="plain">${lines}</ul>
      <form class="tools wrap" @submit=${add}>
        <input type="text" maxlength="64" aria-label=${t("domains.name")} placeholder=${t("domains.name")} .value=${newName} @input=${(event: Event) => {
          newName = (event.target as HTMLInputElement).value;
          redraw();
        }} />
        ${nodes.map(({ name }) => html`<label class="line"><input type="checkbox" .checked=${newMembers.has(name)} @change=${member(name)} /> ${name}</label>`)}
        <button type="submit" class="button" ?disabled=${!can || !newName.trim() || !newMembers.size}>${t("domains.add")}</button>
      </form>
      ${fitView()}
    </div>
  </section>`;
}

function fitView(): TemplateResult {
  const ask = async (event: Event) => {
    event.preventDefault();
    try {
      fit = { ...fit, count: await askFit(fit.memory, fit.cores) };
    } catch (thrown) {
      note(errorLine(asApiError(thrown)), "warn");
    }
    redraw();
  };
  const take = (key: "memory" | "cores") => (event: Event) => {
    fit = { ...fit, [key]: Math.max(1, Number((event.target as HTMLInputElement).value) || 1), count: null };
    redraw();
  };
  return html`<form class="tools wrap" @submit=${ask}>
    <span>${t("fit.question")}</span>
    <label class="line">${t("fit.memory")} <input type="number" min="1" max="4096" .value=${String(fit.memory)} @change=${take("memory")} /> GiB</label>
    <label class="line">${t("fit.cores")} <input type="number" min="1" max="512" .value=${String(fit.cores)} @change=${take("cores")} /></label>
    <button type="submit" class="button">${t("fit.ask")}</button>
    <span role="status">${fit.count === null ? "" : t("fit.answer", { count: fit.count })}</span>
  </form>`;
}

function tableAge(): string {
  const table = knownTable();
  if (!table) return "";
  if (!table.fresh) return t("tolerance.progress", { done: table.done, of: table.of });
  return table.at === null ? "" : t("tolerance.age", { ago: ago(consoleNow() - table.at) });
}

function caseName({ kind, name }: TableRow): string {
  return kind === "node" || kind === "pair" ? name : `${t(`tolerance.kind.${kind}`)} ${name}`;
}

function caseVerdict(row: TableRow): TemplateResult {
  if (!row.safe) return verdictPill(row.worst);
  return row.worst === "squeezed" ? verdictPill("squeezed") : html`<span class="pill" data-tone="ok">${t("tolerance.safe")}</span>`;
}

function struckText(row: TableRow): string {
  const { length } = row.outside_ha;
  const outside = length ? tn("whatif.outside", length) : "";
  return [list(lostIn(row).map(nameOf)), outside].filter(Boolean).join(" · ");
}

function openCase(row: TableRow): TemplateResult | typeof nothing {
  if (!row.nodes.length) return nothing;
  const address = `/whatif?${new URLSearchParams(row.nodes.map((node) => ["lose", node]))}`;
  const open = (event: Event) => {
    event.preventDefault();
    history.pushState(null, "", address);
    readAddress();
    void play().then(() => document.querySelector<HTMLElement>("#course-title")?.focus());
  };
  return html`<a class="button bare small" href=${address} @click=${open}>${t("tolerance.open")}</a>`;
}

addEventListener("popstate", () => {
  readAddress();
  if (chosen.size || supposed.length) void play();
});

readAddress();
void startPage(view).then(async () => {
  if (chosen.size || supposed.length) void play();
  try {
    [score, domains] = await Promise.all([askScore(), askDomains()]);
    redraw();
  } catch {
    score = null;
  }
});

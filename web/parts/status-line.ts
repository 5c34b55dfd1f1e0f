/** The line that is always there: one word, one sentence, what comes next, and one button. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { doorkeeper } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { hindrance, mayWrite } from "../core/hindrance.js";
import { knownTable, redRows } from "../core/forecast.js";
import { clusterNow, resourceOf, state } from "../core/store.js";
import { refresh, tryAgain } from "../core/stream.js";
import { openResourceForm, startAgain } from "../forms/resource.js";
import type { PageModel } from "../model.js";
import { asApiError } from "../core/api.js";
import { doubt } from "../words/doubt.js";
import { errorLine } from "../words/errors.js";
import { ago, clock, span, t } from "../words/i18n.js";
import { type Deed, type LineWord, type Matter, mattersOf, WORD_TONES } from "../words/matters.js";
import { nameOf } from "../words/names.js";
import { requestOf } from "../words/states.js";
import { icon, type IconName } from "./icons.js";
import { note } from "./notes.js";
import { pill } from "./pill.js";
import { lookAt } from "./resources.js";

const ICONS: Record<LineWord, IconName> = {
  unknown: "unknown",
  no_quorum: "stop",
  fault: "stop",
  disarmed: "warning",
  caution: "warning",
  maintenance: "tool",
  well: "good",
};
let isListOpen = false;
let isBusy = false;

/** The line, and the list that opens from it. */
export function statusLineView(): TemplateResult {
  const matters = mattersOf(state.snapshot);
  const [worst, ...others] = matters;
  const word: LineWord | null = worst?.word ?? (state.snapshot ? "well" : null);
  if (!worst) isListOpen = false;
  tellTab(word, worst);
  const tone = word ? WORD_TONES[word] : "idle";
  const isUrgent = tone === "bad" || word === "unknown";
  return html`<section class="strip" data-tone=${tone} aria-label=${t("line.label")}>
      <span class="word">${word ? html`${icon(ICONS[word])}${t(`line.word.${word}`)}` : nothing}</span>
      <p class="facts" role=${isUrgent ? "alert" : "status"}>${worst ? factsOf(worst) : wellFacts()}</p>
      <span class="next">${worst ? nextView(worst, others.length) : nothing}</span>
    </section>
    ${isListOpen ? listView(matters) : nothing}`;
}

/** The same word in the tab's title and icon. */
function tellTab(word: LineWord | null, worst: Matter | undefined): void {
  const mark = worst && WORD_TONES[worst.word] === "bad" ? "(!) " : "";
  const said = word ? `${mark}${t(`line.word.${word}`)}${worst ? `: ${worst.head}` : ""} · ` : "";
  const name = state.snapshot?.cluster.name;
  const title = `${said}${t("page.title")}${name ? ` · ${name}` : ""}`;
  if (document.title !== title) document.title = title;
  const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  const href = `/static/favicon-${word ? WORD_TONES[word] : "idle"}.svg`;
  if (link && link.getAttribute("href") !== href) link.setAttribute("href", href);
}

/** Facts as they stand one after the other; those at the end go first where there is no room. */
function fact(text: unknown): TemplateResult {
  return html`<span>${text}</span>`;
}

function factsOf(matter: Matter): TemplateResult[] {
  const since = matter.since ? span(clusterNow() - matter.since) : "";
  const lost = state.line === "lost" && state.heardAt !== null && matter.key.startsWith("line");
  const heard = lost ? t("line.heard", { ago: ago((performance.now() - state.heardAt!) / 1000) }) : "";
  const first = html`<b>${matter.head}</b>${since ? html` <span aria-live="off">${t("line.since", { span: since })}</span>` : nothing}`;
  const rest = [heard, matter.own ?? "", ...(matter.facts ?? [])].filter(Boolean);
  return [fact(first), ...rest.map(fact), ...(matter.since ? [fact(reported(matter.since))] : [])];
}

function reported(at: number): string {
  return t("line.reported", { time: clock(at) });
}

/** What is told when all is well: how many of how many. */
function wellFacts(): TemplateResult[] {
  const { snapshot } = state;
  if (!snapshot) return [fact(state.line === "connecting" ? t("loading") : "")];
  const { nodes, resources } = snapshot;
  const online = nodes.filter((node) => node.online).length;
  const wanted = resources.filter((resource) => requestOf(resource) === "started");
  const running = wanted.filter((resource) => resource.state === "started").length;
  return [
    fact(t("line.nodes", { online, all: nodes.length })),
    ...(snapshot.quorum ? [fact(quorumFact(snapshot, online))] : []),
    fact(t("line.resources", { running, all: wanted.length })),
    ...toleranceFact(),
  ];
}

/** What the cluster bears, once it is known. */
function toleranceFact(): TemplateResult[] {
  const table = knownTable();
  if (!table || table.at === null) return [];
  const [red, ...more] = redRows(table);
  if (!red) return [fact(t("line.bears_one"))];
  const text = more.length ? t("line.bears_not_more", { node: red.name, count: more.length }) : t("line.bears_not", { node: red.name });
  return [fact(html`<a href="/whatif?lose=${red.name}">${text}</a>`)];
}

/** The votes, where each node has one. */
function quorumFact({ cluster, nodes, quorum }: PageModel, online: number): string {
  const votes = cluster.votes ?? null;
  if (votes === null || votes !== nodes.length) return t(quorum?.ok ? "quorum.ok" : "quorum.lost");
  return t("line.votes", { present: online, all: votes });
}

function nextView(worst: Matter, others: number): TemplateResult {
  const key = others ? "line.more" : "line.details";
  const toggle = () => {
    isListOpen = !isListOpen;
    redraw();
  };
  return html`${worst.next ? html`<span class="when soft">${worst.next}</span>` : nothing}
    <button type="button" class="button" id="line-list" aria-expanded=${isListOpen ? "true" : "false"} aria-controls="line-others" @click=${toggle}>${t(key, { count: others })}</button>
    ${deedButton(worst, "button main")}`;
}

function deedButton(matter: Matter, kind: string): TemplateResult | typeof nothing {
  const { deed } = matter;
  if (!deed) return nothing;
  const changes = deed === "repair" || deed === "start_again";
  const can = !changes || mayWrite();
  return html`<button type="button" class=${kind} ?disabled=${!can} title=${can ? "" : hindrance()} aria-busy=${isBusy ? "true" : "false"} @click=${() => act(matter, deed)}>${t(`line.deed.${deed}`)}</button>`;
}

const DEEDS: Record<Deed, (matter: Matter) => unknown> = {
  retry: () => (["lost", "deaf"].includes(state.line) ? tryAgain() : refresh()),
  log_in: () => doorkeeper.logInAgain(),
  repair: ({ sid = "" }) => {
    const resource = resourceOf(sid);
    isListOpen = false;
    if (resource) openResourceForm(resource, { state: "disabled" });
  },
  start_again: ({ sid = "" }) => startAgain(sid),
  look: ({ sid = "" }) => lookAt(sid),
};

async function act(matter: Matter, deed: Deed): Promise<void> {
  if (isBusy) return;
  isBusy = true;
  redraw();
  try {
    await DEEDS[deed](matter);
  } catch (thrown) {
    const name = matter.sid ? `${nameOf(matter.sid)}: ` : "";
    note(`${name}${errorLine(asApiError(thrown))}`, "warn");
  } finally {
    isBusy = false;
    redraw();
  }
}

/** All that is not normal, opened by the person. */
function listView(matters: Matter[]): TemplateResult {
  const close = () => {
    isListOpen = false;
    redraw();
    document.querySelector<HTMLElement>("#line-list")?.focus();
  };
  const onKey = (event: KeyboardEvent) => event.key === "Escape" && close();
  return html`<section class="others" id="line-others" aria-labelledby="others-title" @keydown=${onKey}>
    <header>
      <h2 id="others-title">${t("line.others", { count: matters.length })}</h2>
      <button type="button" class="button icon bare push" aria-label=${t("close")} @click=${close}>${icon("close")}</button>
    </header>
    <ul>
      ${matters.map(
        (matter) => html`<li class="one" data-tone=${WORD_TONES[matter.word]}>
          ${pill({ tone: WORD_TONES[matter.word], text: t(`line.word.${matter.word}`) })}
          <div>
            <p><strong>${matter.head}</strong></p>
            ${matter.text ? html`<p class="soft small">${matter.text}</p>` : nothing}
            ${matter.own ? html`<p class="own-words" lang="en">${t("error.own_words", { words: matter.own })}</p>` : nothing}
          </div>
          ${deedButton(matter, "button")}
        </li>`,
      )}
    </ul>
  </section>`;
}

/** Whether the states on the page are only the last that are known. */
export function isDoubted(): boolean {
  return Boolean(state.snapshot && doubt(state.snapshot));
}

/** The line that is always there: one word, one sentence, what comes next, and one button. */

import { html, nothing, type TemplateResult } from "lit/html.js";
import { keyed } from "lit/directives/keyed.js";

import { doorkeeper } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { hindrance, mayWrite } from "../core/hindrance.js";
import { clusterNow, resourceOf, state } from "../core/store.js";
import { refresh, tryAgain } from "../core/stream.js";
import { openArm } from "../forms/arming.js";
import { openRepair, startAgain } from "../forms/repair.js";
import type { PageModel } from "../model.js";
import { ago, clock, span, t, tn } from "../words/i18n.js";
import { type Deed, type LineWord, type Matter, mattersOf, WORD_TONES } from "../words/matters.js";
import { nameOf } from "../words/names.js";
import { requestOf, runsNow } from "../words/states.js";
import { fenceBar } from "./fence-bar.js";
import { icon, type IconName } from "./icons.js";
import { noteFailure } from "./notes.js";
import { toleranceFacts } from "./outlook.js";
import { pill } from "./pill.js";
import { lookAt, showNode } from "./resources.js";
import { addressFor, here } from "../core/place.js";

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
  const [worst] = matters;
  const word: LineWord | null = worst?.word ?? (state.snapshot ? "well" : null);
  if (!worst) isListOpen = false;
  tellTab(word, worst);
  const tone = word ? WORD_TONES[word] : "idle";
  const isUrgent = tone === "bad" || word === "unknown";
  return html`<section class="strip" data-tone=${tone} aria-label=${t("line.label")}>
      <span class="word">${word ? html`${icon(ICONS[word])}${t(`line.word.${word}`)}` : nothing}</span>
      <p class="facts" role=${isUrgent ? "alert" : "status"}>${anew(worst ? factsOf(worst) : wellFacts())}</p>
      ${nextView(worst)} ${listButton(matters)} ${fenceBar(worst?.since, worst?.steps)}
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
  const href = addressFor(`/static/favicon-${word ? WORD_TONES[word] : "idle"}.svg`);
  if (link && link.getAttribute("href") !== href) link.setAttribute("href", href);
}

/** A fact, and what stands beside it and changes with every second. */
interface Fact {
  text: string;
  /** It changes with every second, and stands beside the line where that is wide. */
  isNext?: boolean;
  isStrong?: boolean;
  since?: string;
  href?: string;
}

/** Facts one after the other, anew when one of them changes: a word that another pushes aside would jump. */
function anew(facts: Fact[]): unknown {
  const since = (span: string) => html` <span class="since" aria-live="off">${span}</span>`;
  const told = ({ text, isStrong, href }: Fact) =>
    href ? html`<a href=${href}>${text}</a>` : isStrong ? html`<b>${text}</b>` : text;
  const view = (fact: Fact) =>
    fact.isNext
      ? html`<span class="next-fact" aria-live="off">${fact.text}</span>`
      : html`<span>${told(fact)}${fact.since ? since(fact.since) : nothing}</span>`;
  return keyed(facts.map(({ text, isNext }) => (isNext ? "" : text)).join("|"), html`<span class="told-facts">${facts.map(view)}</span>`);
}

function factsOf(matter: Matter): Fact[] {
  const since = matter.since ? span(clusterNow() - matter.since) : "";
  const lost = state.line === "lost" && state.heardAt !== null && matter.key.startsWith("line");
  const heard = lost ? t("line.heard", { ago: ago((performance.now() - state.heardAt!) / 1000) }) : "";
  const last = matter.since && !matter.steps ? reported(matter.since) : "";
  const rest = [matter.own ?? "", ...(matter.facts ?? []), last];
  return [
    { text: matter.head, isStrong: true, since: since ? t("line.since", { span: since }) : heard },
    ...rest.filter(Boolean).map((text) => ({ text })),
    // As it changes with every second, nothing may stand behind it.
    ...(matter.next ? [{ text: matter.next, isNext: true }] : []),
  ];
}

function reported(at: number): string {
  return t("line.reported", { time: clock(at) });
}

/** What is told when all is well: how many of how many. */
function wellFacts(): Fact[] {
  const { snapshot } = state;
  if (!snapshot) return [{ text: state.line === "connecting" ? t("loading") : "" }];
  const { nodes, resources } = snapshot;
  const online = nodes.filter((node) => node.online).length;
  const wanted = resources.filter((resource) => requestOf(resource) === "started");
  const running = wanted.filter(runsNow).length;
  const moving = wanted.filter((resource) => resource.state === "migrate").length;
  return [
    { text: t("line.nodes", { online, all: nodes.length }) },
    ...(snapshot.quorum ? [{ text: quorumFact(snapshot, online) }] : []),
    { text: t("line.resources", { running, all: wanted.length }) },
    ...(moving ? [{ text: tn("line.moving", moving) }] : []),
    ...toleranceFacts(),
  ];
}

/** The votes, where each node has one. */
function quorumFact({ cluster, nodes, quorum }: PageModel, online: number): string {
  const votes = cluster.votes ?? null;
  if (votes === null || votes !== nodes.length) return t(quorum?.ok ? "quorum.ok" : "quorum.lost");
  return t("line.votes", { present: online, all: votes });
}

/** What comes next, and the one deed that helps. */
function nextView(worst: Matter | undefined): unknown {
  const { next = "", nextTitle = "", deed = "", key = "" } = worst ?? {};
  const when = next ? html`<span class="when soft" title=${nextTitle}>${next}</span>` : nothing;
  const button = worst ? deedButton(worst, "button main") : nothing;
  return keyed(`${key}|${next}|${deed}`, html`<span class="next">${when}${button}</span>`);
}

/** The button that opens the list; it keeps its place when there is nothing to list. */
function listButton(matters: Matter[]): TemplateResult {
  const others = matters.length - 1;
  const toggle = () => {
    isListOpen = !isListOpen;
    redraw();
  };
  const text = t(others > 0 ? "line.more" : "line.details", { count: others });
  return html`<button type="button" class="button" id="line-list" ?disabled=${!matters.length} aria-expanded=${isListOpen ? "true" : "false"} @click=${toggle}>${text}</button>`;
}

function deedButton(matter: Matter, kind: string): TemplateResult | typeof nothing {
  const { deed } = matter;
  if (!deed) return nothing;
  const changes = deed === "repair" || deed === "start_again" || deed === "arm";
  const can = !changes || mayWrite();
  return html`<button type="button" class=${kind} ?disabled=${!can} title=${can ? "" : hindrance()} aria-busy=${isBusy ? "true" : "false"} @click=${() => act(matter, deed)}>${t(`line.deed.${deed}`)}</button>`;
}

const DEEDS: Record<Deed, (matter: Matter) => unknown> = {
  retry: () => (["lost", "deaf"].includes(state.line) ? tryAgain() : refresh()),
  log_in: () => doorkeeper.logInAgain(),
  repair: ({ sid = "" }) => {
    const resource = resourceOf(sid);
    isListOpen = false;
    if (resource) openRepair(resource);
  },
  start_again: ({ sid = "" }) => startAgain(sid),
  look: ({ sid, node }) => {
    isListOpen = false;
    if (here() !== "/") location.assign(addressFor("/"));
    else if (sid) lookAt(sid);
    else if (node) showNode(node);
  },
  arm: () => {
    isListOpen = false;
    openArm();
  },
  follow: () => location.assign(addressFor("/maintenance")),
  table: () => location.assign(addressFor("/whatif#tolerance")),
};

async function act(matter: Matter, deed: Deed): Promise<void> {
  if (isBusy) return;
  isBusy = true;
  redraw();
  try {
    await DEEDS[deed](matter);
  } catch (thrown) {
    const name = matter.sid ? `${nameOf(matter.sid)}: ` : "";
    noteFailure(thrown, name);
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

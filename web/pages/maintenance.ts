/** The page of maintenance: choose nodes, see the plan, agree to it, and follow it to the end. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { ApiError, asApiError } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { askPlan, beginMaintenance, maintenanceFailure, maintenanceTold, type Plan, type Way, WAYS } from "../core/maintenance.js";
import { startPage } from "../core/page.js";
import { may, state } from "../core/store.js";
import { planView, wayView } from "../parts/maintenance-plan.js";
import { logView, workView } from "../parts/maintenance-work.js";
import { errorLine, failureView } from "../words/errors.js";
import { manualLink } from "../parts/manual.js";
import { alsoSpeak, dateTime, list, t } from "../words/i18n.js";
import { addressFor } from "../core/place.js";

let chosen: string[] = [];
let plan: Plan | null = null;
let way: Way = "mode";
let isAccepted = false;
/** Whether Ceph is to move no data meanwhile. */
let keepsData = true;
let failure: ApiError | null = null;
let isBusy = false;
/** The number of the newest question. */
let newest = 0;

function readAddress(): void {
  chosen = [...new Set(new URLSearchParams(location.search).getAll("node"))];
}

/** Ask for the plan; an answer that a newer question has overtaken is left alone. */
async function ask(nodes: string[]): Promise<void> {
  const mine = ++newest;
  const address = addressFor(`/maintenance?${new URLSearchParams(nodes.map((node) => ["node", node]))}`);
  if (`${location.pathname}${location.search}` !== address) history.pushState(null, "", address);
  [isBusy, failure, plan, isAccepted] = [true, null, null, false];
  redraw();
  try {
    const told = await askPlan(nodes);
    if (mine !== newest) return;
    plan = told;
    if (!told.offers.includes(way)) way = told.offers[0] ?? "command";
  } catch (thrown) {
    if (mine !== newest) return;
    failure = asApiError(thrown);
  }
  isBusy = false;
  redraw();
}

async function begin(): Promise<void> {
  if (!plan || isBusy) return;
  isBusy = true;
  failure = null;
  redraw();
  try {
    await beginMaintenance(plan, { way, accept: isAccepted, noout: keepsData && may("Sys.Modify") && plan.ceph?.noout === false });
    plan = null;
  } catch (thrown) {
    failure = asApiError(thrown);
  }
  isBusy = false;
  redraw();
  document.querySelector<HTMLElement>("#work-title")?.focus();
}

function view(): TemplateResult {
  const told = maintenanceTold();
  const work = told?.work ?? null;
  const broken = maintenanceFailure();
  return html`<div class="title"><h1 tabindex="-1">${t("maintenance.title")}</h1>${manualLink("/maintenance")}</div>
    ${told && work && work.phase !== "ended" ? workView(told, work) : told ? planningView() : broken ? html`<p class="trouble" role="alert">${errorLine(broken)}</p>` : html`<p class="loading">${t("loading")}</p>`}
    ${work && work.phase === "ended" ? html`<h2 class="last">${t("maintenance.last", { nodes: list(work.stops.map(({ node }) => node)), time: dateTime(work.ended ?? work.began) })}</h2>${logView(work)}` : nothing}`;
}

function planningView(): TemplateResult {
  return html`<div class="columns">
    ${choiceView()}
    <div>
      ${isBusy && !plan ? html`<p class="loading" role="status">${t("maintenance.planning")}</p>` : nothing}
      ${failure ? html`<p class="trouble" role="alert">${failureView(failure)}</p>` : nothing}
      ${plan ? html`${planView(plan)} ${agreementView(plan)}` : nothing}
      ${!plan && !isBusy && !failure ? html`<p class="empty">${t("maintenance.choose")}</p>` : nothing}
    </div>
  </div>`;
}

function choiceView(): TemplateResult {
  const nodes = state.snapshot?.nodes ?? [];
  const choose = (name: string) => () => {
    chosen = chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name];
    plan = null;
    redraw();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (chosen.length) void ask(chosen);
  };
  return html`<form class="card question" aria-labelledby="choice-title" @submit=${submit}>
    <header><h2 id="choice-title">${t("maintenance.nodes")}</h2></header>
    <div class="inside">
      <p class="soft small">${t("maintenance.nodes.text")}</p>
      <fieldset><legend class="unseen">${t("maintenance.nodes")}</legend>
        ${nodes.map(({ name, online }) => {
          const place = chosen.indexOf(name) + 1;
          return html`<label class="line"><input type="checkbox" ?disabled=${!online} .checked=${place > 0} @change=${choose(name)} /> ${name}
            ${place > 0 && chosen.length > 1 ? html`<span class="pill" data-tone="info">${t("maintenance.place", { place })}</span>` : nothing}
            ${online ? nothing : html`<span class="small soft">${t("maintenance.node_away")}</span>`}</label>`;
        })}
      </fieldset>
      <button type="submit" class="button main big" ?disabled=${!chosen.length} aria-busy=${isBusy ? "true" : "false"}>${t("maintenance.ask")}</button>
    </div>
  </form>`;
}

/** The order, the way, and the consent. */
function agreementView(told: Plan): TemplateResult {
  const { offers, whole } = told;
  const can = may("Sys.Console");
  const accept = (event: Event) => {
    isAccepted = (event.target as HTMLInputElement).checked;
    redraw();
  };
  return html`<section class="card" aria-labelledby="agree-title">
    <header><h2 id="agree-title">${t("maintenance.agree")}</h2></header>
    <div class="inside agreement">
      ${told.nodes.length > 1 ? orderView(told) : nothing}
      <fieldset><legend>${t("maintenance.ways")}</legend>
        ${WAYS.map((one) => wayChoice(one, offers.includes(one), told))}
      </fieldset>
      <div class="box"><div class="box-text">${wayView(told, way)}</div></div>
      ${cephView(told)}
      ${needsConsent(told) ? html`<label class="line bad-word"><input type="checkbox" .checked=${isAccepted} @change=${accept} /> ${t("maintenance.accept")}</label>` : nothing}
      ${whole ? nothing : html`<p class="bad-word">${t("maintenance.not_whole")}</p>`}
      ${can ? nothing : html`<p class="bad-word">${t("maintenance.may_not")}</p>`}
      <button type="button" class="button main big" ?disabled=${isBusy || !can || !whole || (needsConsent(told) && !isAccepted)} @click=${begin}>${t("maintenance.begin")}</button>
      <p class="soft small">${t("maintenance.begin.text")}</p>
    </div>
  </section>`;
}

/** Whether somebody has to say that it goes on although it is not safe. */
function needsConsent({ bears, ceph }: Plan): boolean {
  return bears === null || ceph?.well === false;
}

/** What Ceph says, and that it need not move data while a node is away for a moment. */
function cephView({ ceph }: Plan): TemplateResult | typeof nothing {
  if (!ceph) return nothing;
  const keep = (event: Event) => {
    keepsData = (event.target as HTMLInputElement).checked;
    redraw();
  };
  const can = may("Sys.Modify");
  const own = html`<label class="line"><input type="checkbox" ?disabled=${!can} .checked=${keepsData && can} @change=${keep} /> ${t("maintenance.ceph.keep")}</label>
    <p class="small soft">${t(can ? "maintenance.ceph.keep.text" : "maintenance.ceph.no_noout")} ${can ? nothing : html`<code class="fixed">ceph osd set noout</code>`}</p>`;
  return html`<div><p class=${ceph.well === false ? "bad-word" : ""}>${t("maintenance.ceph", { health: ceph.health })}</p>
    ${ceph.noout ? html`<p>${t("maintenance.ceph.noout")}</p>` : own}</div>`;
}

function orderView({ nodes, best, bears }: Plan): TemplateResult | typeof nothing {
  const isBetter = best.order && (bears === null || best.keep > bears);
  if (!best.order) return html`<p class="bad-word">${t(best.whole ? "maintenance.order.none" : "maintenance.order.unknown")}</p>`;
  const unproven = best.whole ? nothing : html`<p class="bad-word">${t("maintenance.order.unproven")}</p>`;
  if (!isBetter) return best.whole ? html`<p>${t("maintenance.order.good", { nodes: nodes.join(" → ") })}</p>` : unproven;
  const { order } = best;
  const take = () => {
    chosen = [...order];
    void ask(order);
  };
  return html`<p class="line"><span>${t("maintenance.order.better", { nodes: order.join(" → ") })}</span>
    <button type="button" class="button" @click=${take}>${t("maintenance.order.take")}</button></p>${unproven}`;
}

function wayChoice(one: Way, isOffered: boolean, told: Plan): TemplateResult | typeof nothing {
  const isKnown = isOffered || one === "mode" || one === "reboot" || one in (told.steps[0]?.ways ?? {});
  if (!isKnown) return nothing;
  const choose = () => {
    way = one;
    redraw();
  };
  const policy = t(`settings.shutdown_policy.${told.policy ?? "conditional"}.does`);
  const why = isOffered ? "" : t(`maintenance.way.${one}.not_offered`, { policy });
  return html`<label class="line"><input type="radio" name="way" ?disabled=${!isOffered} .checked=${way === one} @change=${choose} />
    <span>${t(`maintenance.way.${one}`)} ${why ? html`<span class="small soft">${why}</span>` : nothing}</span></label>`;
}

addEventListener("popstate", () => {
  readAddress();
  if (chosen.length) void ask(chosen);
});

readAddress();
alsoSpeak("maintenance");
void startPage(view).then(() => {
  if (chosen.length) void ask(chosen);
});

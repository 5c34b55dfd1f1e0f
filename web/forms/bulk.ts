/** The dialog for the same change of many resources: one after the other, stoppable, each failure told. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { asApiError, write } from "../core/api.js";
import { Asked } from "../core/asked.js";
import { redraw } from "../core/draw.js";
import { askConsequences, isRefused } from "../core/rule-advice.js";
import { configuredOf, features, state } from "../core/store.js";
import { refresh } from "../core/stream.js";
import { note } from "../parts/notes.js";
import { consequenceSentence } from "../rules/sentences.js";
import { errorLine } from "../words/errors.js";
import { list, t, tn } from "../words/i18n.js";
import { nameOf } from "../words/names.js";
import { nodeTrouble, REQUESTS, resourceState } from "../words/states.js";
import { freshId, openDialog } from "./dialog.js";
import type { Question } from "./effect.js";
import { type Choice, selectField, textField, wholeNumber } from "./fields.js";

const COUNTS = ["max_restart", "max_relocate"] as const;
const SWITCHES = ["failback", "auto_rebalance"] as const;
type Count = (typeof COUNTS)[number];
type Switch = (typeof SWITCHES)[number];
type Deed = "state" | "migrate" | "relocate" | Count | Switch | "group" | "remove";
const MOST_NAMED = 8;
/** The effect of more than so many at once is too long a question. */
const MOST_FORETOLD = 300;

interface Failure {
  sid: string;
  why: string;
}

function isOf<One extends string>(all: readonly One[], name: string): name is One {
  return (all as readonly string[]).includes(name);
}

function groupNames(): string[] {
  return (state.snapshot?.cluster.groups ?? []).map((one) => one.group).sort();
}

/** What this cluster can do with many: before there were rules, failback was the affair of groups. */
function deedsNow(): Deed[] {
  const { rules, auto_rebalance: rebalances } = features();
  return [
    "state",
    "migrate",
    "relocate",
    ...COUNTS,
    ...(rules === false ? [] : (["failback"] as const)),
    ...(rebalances ? (["auto_rebalance"] as const) : []),
    ...(groupNames().length ? (["group"] as const) : []),
    "remove",
  ];
}

/** Open the dialog; `keep` is told which stay marked afterwards. */
export function openBulk(sids: string[], keep: (left: string[]) => void): void {
  new BulkForm(sids, keep).open();
}

class BulkForm {
  readonly #id = freshId("bulk");
  readonly #keep: (left: string[]) => void;
  #sids: string[];
  #deed: Deed = "state";
  #state = "started";
  #node = "";
  #count = "1";
  #isOn = true;
  #group = "";
  #done = 0;
  #isRunning = false;
  #isStopped = false;
  #failures: Failure[] = [];
  readonly #advice = new Asked(askRefusals);

  constructor(sids: string[], keep: (left: string[]) => void) {
    this.#sids = sids;
    this.#keep = keep;
  }

  open(): void {
    openDialog({
      title: tn("bulk.title", this.#sids.length),
      body: () => this.#view(),
      submit: { label: t("bulk.do") },
      writes: true,
      isReady: () => !this.#isRunning && this.#left.length > 0 && this.#isWhole && !this.#refusals.length,
      notices: () => this.#notices(),
      settled: () => this.#advice.settled(),
      effect: () => (this.#isRunning ? null : this.#question),
      onSubmit: () => this.#run(),
      onClose: () => {
        this.#isStopped = true;
      },
    });
  }

  /** Who is no longer under HA, and whose move rules refuse. */
  #notices(): string[] {
    const gone = this.#isRunning ? [] : this.#sids.filter((sid) => !configuredOf(sid));
    return [...gone.map((sid) => t("resource.gone", { name: nameOf(sid) })), ...this.#refusals];
  }

  get #refusals(): string[] {
    const { snapshot } = state;
    const sids = this.#left.filter((sid) => configuredOf(sid)?.node !== this.#node);
    const isAsked = this.#moves && this.#node !== "" && !this.#isRunning && sids.length > 0;
    const query = isAsked ? new URLSearchParams([["node", this.#node], ...sids.map((sid) => ["sid", sid])]) : null;
    this.#advice.follow(query, snapshot?.rules_digest, snapshot?.resources);
    return this.#advice.isBusy ? [] : (this.#advice.answer ?? []);
  }

  get #moves(): boolean {
    return this.#deed === "migrate" || this.#deed === "relocate";
  }

  /** Whether what it is to be is chosen. */
  get #isWhole(): boolean {
    if (this.#moves) return this.#node !== "";
    return !isOf(COUNTS, this.#deed) || wholeNumber(this.#count) !== null;
  }

  /** What is written into each of them; null where it is no change of a setting. */
  get #change(): Record<string, unknown> | null {
    const deed = this.#deed;
    if (deed === "state") return { state: this.#state };
    if (isOf(COUNTS, deed)) return { [deed]: wholeNumber(this.#count) };
    if (isOf(SWITCHES, deed)) return { [deed]: this.#isOn };
    return deed === "group" ? { group: this.#group } : null;
  }

  /** Those of them that are still under HA. */
  get #left(): string[] {
    return this.#sids.filter(configuredOf);
  }

  get #question(): Question | null {
    const sids = this.#left;
    if (!sids.length || sids.length > MOST_FORETOLD) return null;
    const [deed, value] = Object.entries(this.#change ?? {})[0] ?? [];
    if (deed === "state" || isOf(COUNTS, deed ?? "") || deed === "failback") {
      const told = typeof value === "boolean" ? Number(value) : value;
      return value === null ? null : { change: sids.map((sid) => `${sid} ${deed}=${told}`) };
    }
    if (this.#deed === "remove") return { remove: sids };
    return this.#node ? { move: sids.map((sid) => `${sid} ${this.#node}`) } : null;
  }

  #view(): TemplateResult {
    const names = this.#sids.slice(0, MOST_NAMED).map(nameOf);
    const more = this.#sids.length - names.length;
    return html`<p class="soft">${list(names)}${more > 0 ? ` ${t("bulk.and_more", { count: more })}` : nothing}</p>
      ${this.#select("deed", this.#deed, deedsNow().map((one): Choice => [one, t(`bulk.deed.${one}`)]), (next) => {
        this.#deed = next as Deed;
      })}
      ${this.#valueField()}
      ${this.#sids.length > MOST_FORETOLD ? html`<p class="soft">${t("bulk.not_foretold", { most: MOST_FORETOLD })}</p>` : nothing}
      ${this.#isRunning ? html`<p role="status">${t("bulk.progress", { done: this.#done, all: this.#sids.length })}</p>` : nothing}
      ${this.#failures.length ? this.#failuresView() : nothing}`;
  }

  #select(name: string, value: string, choices: Choice[], take: (next: string) => void, label = t(`bulk.${name}`)): TemplateResult {
    return selectField({
      id: `${this.#id}-${name}`,
      label,
      isDisabled: this.#isRunning,
      value,
      choices,
      onChange: (next) => {
        take(next);
        redraw();
      },
    });
  }

  /** What it is to be. */
  #valueField(): TemplateResult {
    const deed = this.#deed;
    if (deed === "state") return this.#stateField();
    if (this.#moves) return this.#nodeField();
    if (isOf(COUNTS, deed)) return this.#countField(deed);
    if (isOf(SWITCHES, deed)) return this.#switchField(deed);
    return deed === "group" ? this.#groupField() : html`<p class="soft">${t("removal.meaning")}</p>`;
  }

  #countField(deed: Count): TemplateResult {
    return textField({
      id: `${this.#id}-count`,
      label: t(`field.${deed}`),
      kind: "number",
      isRequired: true,
      isDisabled: this.#isRunning,
      value: this.#count,
      error: wholeNumber(this.#count) === null ? t("field.whole_number") : "",
      onInput: (next) => {
        this.#count = next;
        redraw();
      },
    });
  }

  #switchField(deed: Switch): TemplateResult {
    const choices: Choice[] = [["1", t("on")], ["0", t("off")]];
    const take = (next: string) => {
      this.#isOn = next === "1";
    };
    return html`${this.#select("switch", this.#isOn ? "1" : "0", choices, take, t(`field.${deed}`))}<p class="hint">${t(`bulk.${deed}.${this.#isOn ? "on" : "off"}`)}</p>`;
  }

  #groupField(): TemplateResult {
    const names = groupNames();
    return this.#select("group", this.#group, [["", t("field.group.none")], ...names.map((one): Choice => [one, one])], (next) => {
      this.#group = next;
    }, t("field.group"));
  }

  #stateField(): TemplateResult {
    const choices = REQUESTS.map((one): Choice => [one, resourceState(one).text]);
    return html`${this.#select("state", this.#state, choices, (next) => {
      this.#state = next;
    })}<p class="hint">${t(`bulk.state.${this.#state}.does`)}</p>`;
  }

  #nodeField(): TemplateResult {
    const choices = (state.snapshot?.nodes ?? []).map((node): Choice => {
      const trouble = nodeTrouble(node);
      return trouble ? [node.name, `${node.name} · ${trouble.text}`, true] : [node.name, node.name];
    });
    return this.#select("node", this.#node, [["", t("move.node.choose")], ...choices], (next) => {
      this.#node = next;
    });
  }

  #failuresView(): TemplateResult {
    const line = ({ sid, why }: Failure) => html`<li><b>${nameOf(sid)}</b>: ${why}</li>`;
    return html`<div class="box" data-tone="bad" role="alert"><div class="box-text"><p>${tn("bulk.failed", this.#failures.length)}</p><ul>${this.#failures.map(line)}</ul></div></div>`;
  }

  /** Do it one after the other: the cluster's files have one lock. */
  async #run(): Promise<false | undefined> {
    [this.#isRunning, this.#done, this.#failures] = [true, 0, []];
    const undone = new Set(this.#sids);
    for (const sid of this.#left) {
      if (this.#isStopped) break;
      await this.#one(sid, undone);
      this.#done += 1;
      redraw();
    }
    this.#isRunning = false;
    const done = this.#sids.length - undone.size;
    this.#sids = [...undone];
    this.#keep(this.#sids);
    if (done) note(tn("bulk.asked", done));
    refresh().catch(() => {});
    return this.#failures.length ? false : undefined;
  }

  async #one(sid: string, undone: Set<string>): Promise<void> {
    try {
      await this.#send(sid);
      undone.delete(sid);
    } catch (thrown) {
      this.#failures.push({ sid, why: errorLine(asApiError(thrown)) });
    }
  }

  async #send(sid: string): Promise<unknown> {
    const path = `/api/resources/${encodeURIComponent(sid)}`;
    if (this.#change) return write("PUT", path, this.#change);
    if (this.#deed === "remove") return write("DELETE", (features().purge ?? true) ? `${path}?purge=1` : path);
    const { node } = configuredOf(sid) ?? {};
    return node === this.#node ? null : write("POST", `${path}/move`, { node: this.#node, how: this.#deed });
  }
}

/** Ask which of these moves rules refuse, or undo at once, each in words. */
async function askRefusals(query: URLSearchParams): Promise<string[]> {
  const node = query.get("node") ?? "";
  const told = [...(await askConsequences(query.getAll("sid"), node))];
  const refused = told.flatMap(([sid, all]) => all.filter(isRefused).map((one) => `${nameOf(sid)}: ${consequenceSentence(one, node)}`));
  const rest = refused.length - MOST_NAMED;
  return rest > 0 ? [...refused.slice(0, MOST_NAMED), t("effect.more", { count: rest })] : refused;
}

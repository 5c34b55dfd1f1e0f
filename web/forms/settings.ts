/** The dialog for the cluster's HA settings: shutdown policy, scheduling, re-balancing; each with what it does. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { type ApiError, asApiError, get, write } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { addressFor } from "../core/place.js";
import { may, state } from "../core/store.js";
import { note } from "../parts/notes.js";
import { errorView } from "../words/errors.js";
import { t } from "../words/i18n.js";
import { freshId, openDialog } from "./dialog.js";
import { type Change, changeLines, Draft, same } from "./draft.js";
import type { Question } from "./effect.js";
import { type Choice, selectField, textField, tickField, wholeNumber } from "./fields.js";
import { ToldErrors } from "./told.js";

/** The settings; shares are in percent. */
interface Settings {
  shutdown_policy: string;
  mode: string;
  rebalance_on_start: boolean;
  auto_rebalance: boolean;
  threshold: number;
  method: string;
  hold_rounds: number;
  margin: number;
}

/** As they are typed. */
type Values = Omit<Settings, "threshold" | "hold_rounds" | "margin"> & Record<NumberName, string>;
type NumberName = "threshold" | "hold_rounds" | "margin";

const POLICIES = ["conditional", "freeze", "failover", "migrate"];
const MODES = ["basic", "static", "dynamic"];
const METHODS = ["bruteforce", "topsis"];
/** How often it is looked whether somebody else has changed them meanwhile. */
const LOOK_MS = 10_000;
const NUMBERS: NumberName[] = ["threshold", "hold_rounds", "margin"];

/** Why the settings cannot be changed by this user, or "". */
export function settingsHindrance(): string {
  return may("Sys.Modify") ? "" : t("forbidden.settings");
}

/** Open the dialog. */
export function openSettings(): void {
  new SettingsForm().open();
}

class SettingsForm {
  readonly #id = freshId("settings");
  readonly #told = new ToldErrors();
  #known: Settings | null = null;
  #draft: Draft<Values> | null = null;
  #failure: ApiError | null = null;
  readonly #changes: Change[] = [];

  open(): void {
    const timer = setInterval(() => void this.#follow(), LOOK_MS);
    openDialog({
      title: t("settings.title"),
      body: () => this.#view(),
      submit: { label: t("save") },
      writes: true,
      isReady: () => this.#settings !== null && !settingsHindrance() && this.#isChanged,
      isChanged: () => this.#isChanged,
      effect: () => this.#question,
      notices: () => [settingsHindrance(), ...this.#changeLines(), this.#policyEffect()].filter(Boolean),
      takeErrors: (fields) => this.#told.take(fields, [...NUMBERS, "auto_rebalance", "mode"]),
      onSubmit: () => this.#save(),
      onClose: () => clearInterval(timer),
    });
    void this.#ask();
  }

  async #ask(): Promise<void> {
    try {
      this.#known = await get<Settings>("/api/ha/settings");
      this.#draft = new Draft<Values>(typed(this.#known));
    } catch (thrown) {
      this.#failure = asApiError(thrown);
    }
    redraw();
  }

  /** Take in what somebody else has changed meanwhile; what was typed stays. */
  async #follow(): Promise<void> {
    if (!this.#draft) return;
    const known = await get<Settings>("/api/ha/settings").catch(() => null);
    if (!known || same(known, this.#known)) return;
    this.#known = known;
    this.#changes.push(...this.#draft.follow(typed(known)));
    redraw();
  }

  #changeLines(): string[] {
    const word = (field: string, value: unknown) => {
      if (typeof value === "boolean") return t(value ? "on" : "off");
      return ["shutdown_policy", "mode", "method"].includes(field) ? t(`settings.${field}.${value}`) : String(value);
    };
    return changeLines(this.#changes, (field) => t(`settings.${field}`), word);
  }

  /** What another policy does, which is nothing until a node goes down. */
  #policyEffect(): string {
    const policy = this.#draft?.values.shutdown_policy;
    return policy && policy !== this.#known?.shutdown_policy ? t("settings.shutdown_policy.later") : "";
  }

  get #isChanged(): boolean {
    return this.#draft?.isChanged ?? false;
  }

  /** What is typed, once all of it is good. */
  get #settings(): Settings | null {
    const values = this.#draft?.values;
    if (!values || !NUMBERS.every((name) => this.#isGood(name))) return null;
    return {
      ...values,
      threshold: Number(values.threshold),
      hold_rounds: Number(values.hold_rounds),
      margin: Number(values.margin),
    };
  }

  #isGood(name: NumberName): boolean {
    const text = this.#draft?.values[name].trim() ?? "";
    if (name === "hold_rounds") return wholeNumber(text) !== null;
    return /^\d{1,3}(\.\d{1,2})?$/.test(text) && Number(text) <= 100;
  }

  /** What the model is to play: the scheduling, where it changes. */
  get #question(): Question | null {
    const settings = this.#settings;
    if (!settings || !this.#known || !this.#isChanged) return null;
    const { shutdown_policy: _, ...scheduling } = settings;
    const { shutdown_policy: __, ...before } = this.#known;
    if (same(scheduling, before)) return this.#rebootQuestion(settings.shutdown_policy);
    const parts = [`ha=${settings.mode}`, `ha-rebalance-on-start=${Number(settings.rebalance_on_start)}`];
    parts.push(`ha-auto-rebalance=${Number(settings.auto_rebalance)}`);
    if (settings.auto_rebalance) {
      parts.push(`ha-auto-rebalance-threshold=${settings.threshold}`, `ha-auto-rebalance-method=${settings.method}`);
      parts.push(`ha-auto-rebalance-hold-duration=${settings.hold_rounds}`, `ha-auto-rebalance-margin=${settings.margin}`);
    }
    return { change: [`crs ${parts.join(" ")}`] };
  }

  /** Another policy does nothing until a node goes down: what it would do to the one with the most resources. */
  #rebootQuestion(policy: string): Question | null {
    const node = busiest();
    return node ? { reboot: [node], change: [`ha shutdown_policy=${policy}`] } : null;
  }

  #view(): TemplateResult {
    if (this.#failure) return html`<div class="trouble">${errorView(this.#failure)}</div>`;
    const values = this.#draft?.values;
    if (!values) return html`<p class="soft">${t("loading")}</p>`;
    const balances = values.mode !== "basic";
    return html`${this.#select("shutdown_policy", POLICIES)} ${this.#playLink(values.shutdown_policy)} ${this.#select("mode", MODES)}
      ${this.#tick("rebalance_on_start", true)} ${this.#tick("auto_rebalance", balances)}
      ${balances && values.auto_rebalance ? html`${NUMBERS.map((name) => this.#number(name))}${this.#select("method", METHODS)}` : null}`;
  }

  /** What a node's reboot would do by the policy that is chosen, played on a page of its own. */
  #playLink(policy: string): TemplateResult | typeof nothing {
    const node = busiest();
    if (!node) return nothing;
    const question = new URLSearchParams({ reboot: node, change: `ha shutdown_policy=${policy}` });
    return html`<p class="small"><a href=${addressFor(`/whatif?${question}`)} target="_blank" rel="noopener">${t("settings.shutdown_policy.play", { node })}</a></p>`;
  }

  #set(change: Partial<Values>): void {
    Object.assign(this.#draft?.values ?? {}, change);
    for (const name of Object.keys(change)) this.#told.touch(name);
    redraw();
  }

  #select(name: "shutdown_policy" | "mode" | "method", known: string[]): TemplateResult {
    const value = this.#draft?.values[name] ?? "";
    const choices = known.map((one): Choice => [one, t(`settings.${name}.${one}`)]);
    return selectField({
      id: `${this.#id}-${name}`,
      label: t(`settings.${name}`),
      hint: t(`settings.${name}.${value}.does`),
      error: this.#told.of(name),
      value,
      choices,
      onChange: (next) => this.#set(next === "basic" ? { mode: next, auto_rebalance: false } : { [name]: next }),
    });
  }

  #tick(name: "rebalance_on_start" | "auto_rebalance", isPossible: boolean): TemplateResult {
    return tickField({
      id: `${this.#id}-${name}`,
      label: t(`settings.${name}`),
      hint: t(isPossible ? `settings.${name}.does` : "field.needs_load"),
      error: this.#told.of(name),
      checked: this.#draft?.values[name] ?? false,
      isDisabled: !isPossible,
      onChange: (checked) => this.#set({ [name]: checked }),
    });
  }

  #number(name: NumberName): TemplateResult {
    const wrong = t(name === "hold_rounds" ? "field.whole_number" : "settings.percent.wrong");
    return textField({
      id: `${this.#id}-${name}`,
      label: t(`settings.${name}`),
      hint: t(`settings.${name}.does`),
      error: this.#isGood(name) ? this.#told.of(name) : wrong,
      inputmode: "decimal",
      value: this.#draft?.values[name] ?? "",
      onInput: (text) => this.#set({ [name]: text }),
    });
  }

  async #save(): Promise<void> {
    try {
      await write("PUT", "/api/ha/settings", { ...this.#settings, before: this.#known });
    } catch (thrown) {
      await this.#follow();
      throw thrown;
    }
    note(t("settings.saved"));
  }
}

/** The node with the most resources, by which a policy shows best. */
function busiest(): string | null {
  const counts = new Map<string, number>();
  for (const { node } of state.snapshot?.resources ?? []) if (node) counts.set(node, (counts.get(node) ?? 0) + 1);
  return [...counts].sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1))[0]?.[0] ?? null;
}

function typed(known: Settings): Values {
  return { ...known, threshold: `${known.threshold}`, hold_rounds: `${known.hold_rounds}`, margin: `${known.margin}` };
}

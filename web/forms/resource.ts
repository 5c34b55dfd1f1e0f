/** The form to add a resource to HA, and the same form to edit one, its ID fixed. */

import { html, type TemplateResult } from "lit/html.js";

import { write } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { collect } from "../core/plans.js";
import { writeChange } from "../core/overtaking.js";
import { configuredOf, features, seesGuests, state, subscribe } from "../core/store.js";
import { refresh } from "../core/stream.js";
import type { Group, Guest, Resource } from "../model.js";
import { note } from "../parts/notes.js";
import { t } from "../words/i18n.js";
import { nameOf, resourceName } from "../words/names.js";
import { guestStatus, REQUESTS, requestOf } from "../words/states.js";
import { freshId, openDialog } from "./dialog.js";
import { type Change, changeLines, Draft } from "./draft.js";
import { type Choice, points, selectField, textField, tickField, wholeNumber } from "./fields.js";
import type { Question } from "./effect.js";
import { keepOpen, reopensAs } from "./kept.js";
import { ToldErrors } from "./told.js";

interface Values {
  state: string;
  max_restart: string;
  max_relocate: string;
  group: string;
  failback: boolean;
  auto_rebalance: boolean;
  comment: string;
}

type Name = keyof Values;

const DEFAULTS: Values = {
  state: "started",
  max_restart: "1",
  max_relocate: "1",
  group: "",
  failback: true,
  auto_rebalance: true,
  comment: "",
};
const FIELDS = ["sid", ...Object.keys(DEFAULTS)];

function valuesOf(resource: Resource): Values {
  return {
    state: requestOf(resource),
    max_restart: String(resource.max_restart),
    max_relocate: String(resource.max_relocate),
    group: resource.group ?? "",
    failback: resource.failback,
    auto_rebalance: resource.auto_rebalance ?? true,
    comment: resource.comment ?? "",
  };
}

/** Open the form; without a resource it adds one. `preset` overrides what it starts with. */
export function openResourceForm(resource: Resource | undefined, preset: Partial<Values> = {}): void {
  const form = new ResourceForm(resource, preset);
  form.open();
}

/** What is kept of a form while its page is away. */
interface Kept {
  resource: Resource | null;
  sid: string;
  draft: { known: Values; values: Values };
}

reopensAs<Kept>("resource", (kept) => new ResourceForm(kept.resource ?? undefined, {}, kept).open());

class ResourceForm {
  readonly #id = freshId("resource");
  readonly #resource: Resource | undefined;
  readonly #draft: Draft<Values>;
  readonly #told = new ToldErrors();
  readonly #changes: Change[] = [];
  #now: Resource | undefined;
  #sid: string;
  /** What the chosen guest is called; and one that was chosen, and can no longer be added. */
  #called = "";
  #gone = "";

  constructor(resource: Resource | undefined, preset: Partial<Values>, kept?: Kept) {
    this.#resource = resource;
    this.#now = resource;
    this.#sid = kept?.sid ?? "";
    const known = kept?.draft.known ?? (resource ? valuesOf(resource) : DEFAULTS);
    this.#draft = new Draft(known, kept?.draft.values ?? preset);
    this.#follow();
  }

  open(): void {
    const isNew = !this.#resource;
    const unfollow = subscribe(() => this.#follow());
    const unkeep = keepOpen("resource", () => this.#kept);
    const end = () => {
      unfollow();
      unkeep();
    };
    openDialog({
      title: t(isNew ? "resource.form.add" : "resource.form.edit"),
      body: () => this.#view(),
      submit: { label: t(isNew ? "add" : "save") },
      writes: true,
      isReady: () => this.#isReady(),
      effect: () => this.#effect(),
      notices: () => this.#notices(),
      takeErrors: (fields) => this.#told.take(fields, FIELDS, { vmid: "sid" }),
      isChanged: () => this.#isChanged,
      onSubmit: () => this.#save(),
      onCollect: () => this.#collect(),
      onClose: end,
    });
  }

  get #isChanged(): boolean {
    return this.#draft.isChanged || this.#sid !== "";
  }

  get #kept(): Kept | null {
    const kept = { resource: this.#resource ?? null, sid: this.#sid, draft: this.#draft.kept };
    return this.#isChanged ? kept : null;
  }

  /** Follow the cluster: the resource that is edited, or the guests that can be added. */
  #follow(): void {
    if (!state.snapshot) return;
    if (!this.#resource) {
      const isThere = state.snapshot.guests.some((guest) => guest.sid === this.#sid);
      if (this.#sid && isThere) this.#called = nameOf(this.#sid);
      else if (this.#sid) [this.#gone, this.#sid] = [this.#called || nameOf(this.#sid), ""];
      return;
    }
    this.#now = configuredOf(this.#resource.sid);
    if (this.#now) this.#changes.push(...this.#draft.follow(valuesOf(this.#now)));
  }

  #isReady(): boolean {
    const { max_restart, max_relocate } = this.#draft.values;
    const counts = [max_restart, max_relocate].every((text) => wholeNumber(text) !== null);
    return counts && (this.#resource ? this.#now !== undefined : this.#sid !== "");
  }

  /** The change as the model is asked for it, once the form is whole. */
  #effect(): Question | null {
    if (!this.#isReady() || (this.#resource && !this.#draft.isChanged)) return null;
    const { state: wanted, max_restart, max_relocate, failback } = this.#draft.values;
    const told = [
      this.#resource?.sid ?? this.#sid,
      `state=${wanted}`,
      `max_restart=${max_restart}`,
      `max_relocate=${max_relocate}`,
      `failback=${failback ? 1 : 0}`,
    ];
    return { change: [told.join(" ")] };
  }

  /** What happened underneath the open form, in words. */
  #notices(): string[] {
    const before = this.#resource;
    if (!before) return this.#gone && !this.#sid ? [t("form.guest_gone", { name: this.#gone })] : [];
    if (!this.#now) return [t("form.vanished", { name: resourceName(before) })];
    const lines: string[] = [];
    if (this.#now.state === "error") lines.push(t("form.in_error"));
    if (this.#now.node !== before.node) {
      lines.push(t("form.moved", { from: before.node ?? "–", to: this.#now.node ?? "–" }));
    }
    return [...lines, ...changeLines(this.#changes, (name) => t(`field.${name}`), wordValue)];
  }

  #set<K extends Name>(name: K, value: Values[K]): void {
    this.#draft.values[name] = value;
    this.#told.touch(name);
    redraw();
  }

  #plan(name: Name) {
    return { id: `${this.#id}-${name}`, label: t(`field.${name}`), error: this.#told.of(name) };
  }

  #view(): TemplateResult {
    const { values } = this.#draft;
    return html`${this.#resource ? this.#fixedGuest(this.#resource) : this.#guestChoice()}
      ${this.#stateField()} ${this.#countField("max_restart")} ${this.#countField("max_relocate")}
      ${this.#groupField()} ${this.#failbackField()} ${this.#rebalanceField()}
      ${textField({
        ...this.#plan("comment"),
        value: values.comment,
        onInput: (value) => this.#set("comment", value),
      })}
      ${otherSettings(this.#resource)}`;
  }

  #fixedGuest(resource: Resource): TemplateResult {
    return textField({
      id: `${this.#id}-sid`,
      label: t("field.guest.fixed"),
      hint: t("field.guest.fixed.hint"),
      value: resourceName(resource),
      isFixed: true,
    });
  }

  /** The guests that are not under HA now. */
  #guestChoice(): TemplateResult {
    const guests = [...(state.snapshot?.guests ?? [])].sort((a, b) => a.vmid - b.vmid);
    const choices: Choice[] = guests.map((guest) => [guest.sid, guestLine(guest)]);
    return selectField({
      id: `${this.#id}-sid`,
      label: t("field.guest"),
      isRequired: true,
      hint: guests.length ? "" : t(seesGuests() ? "field.guest.none" : "field.guest.hidden"),
      error: this.#told.of("sid") ?? (this.#sid ? null : t("field.guest.required")),
      value: this.#sid,
      choices: [["", t("field.guest.choose")], ...choices],
      onChange: (sid) => {
        this.#sid = sid;
        this.#follow();
        this.#told.touch("sid");
        redraw();
      },
    });
  }

  #stateField(): TemplateResult {
    const value = this.#draft.values.state;
    return selectField({
      ...this.#plan("state"),
      help: t("field.state.help"),
      hint: t(`request.${value}.hint`),
      hintTone: value === "disabled" ? "warn" : "",
      value,
      choices: REQUESTS.map((name) => [name, t(`request.${name}`)]),
      onChange: (next) => this.#set("state", next),
    });
  }

  #countField(name: "max_restart" | "max_relocate"): TemplateResult {
    const value = this.#draft.values[name];
    const isGood = wholeNumber(value) !== null;
    return textField({
      ...this.#plan(name),
      help: html`<p>${t(`field.${name}.help`)}</p>
        ${points(`field.${name}.example`)}`,
      error: isGood ? this.#told.of(name) : t("field.whole_number"),
      kind: "number",
      value,
      onInput: (next) => this.#set(name, next),
    });
  }

  /** The group, on clusters that still have groups. */
  #groupField(): TemplateResult | null {
    const value = this.#draft.values.group;
    if (!hasGroups(value)) return null;
    const names = [...new Set([...groups().map((one) => one.group), value])].filter(Boolean).sort();
    const choices: Choice[] = names.map((name) => [name, name]);
    return selectField({
      ...this.#plan("group"),
      value,
      choices: [["", t("field.group.none")], ...choices],
      onChange: (next) => this.#set("group", next),
    });
  }

  /** Failback; before there were rules it was the group's affair. */
  #failbackField(): TemplateResult {
    const isOwn = failbackIsOwn();
    const chosen = groups().find((one) => one.group === this.#draft.values.group);
    return tickField({
      ...this.#plan("failback"),
      hint: isOwn ? "" : t("field.failback.of_group"),
      help: html`<p>${t("field.failback.help")}</p>
        ${points("field.failback.advice")}`,
      checked: isOwn ? this.#draft.values.failback : !chosen?.nofailback,
      isDisabled: !isOwn,
      onChange: (next) => this.#set("failback", next),
    });
  }

  #rebalanceField(): TemplateResult | null {
    if (!features().auto_rebalance) return null;
    return tickField({
      ...this.#plan("auto_rebalance"),
      help: t("field.auto_rebalance.help"),
      checked: this.#draft.values.auto_rebalance,
      onChange: (next) => this.#set("auto_rebalance", next),
    });
  }

  async #save(): Promise<void> {
    const body = this.#body();
    if (this.#resource) {
      const path = `/api/resources/${encodeURIComponent(this.#resource.sid)}`;
      await writeChange(path, body, "resources_digest");
      note(t("resource.saved", { name: resourceName(this.#resource) }));
    } else {
      const name = nameOf(this.#sid);
      await write("POST", "/api/resources", { sid: this.#sid, ...body });
      note(t("resource.added", { name }));
    }
    refresh().catch(() => {});
  }

  async #collect(): Promise<void> {
    const { group: _, auto_rebalance: auto, ...values } = this.#body() as Record<string, unknown>;
    const sid = this.#resource?.sid ?? this.#sid;
    await collect("resources", sid, auto === undefined ? values : { ...values, "auto-rebalance": auto });
    note(t("plans.page.collected", { name: nameOf(sid) }));
  }

  /** What is written: what this cluster's version has, and no more. */
  #body(): object {
    const { group, failback, auto_rebalance, comment, ...values } = this.#draft.values;
    return {
      ...values,
      max_restart: Number(values.max_restart),
      max_relocate: Number(values.max_relocate),
      ...(hasGroups(group) ? { group } : {}),
      ...(failbackIsOwn() ? { failback } : {}),
      ...(features().auto_rebalance ? { auto_rebalance } : {}),
      comment: comment.trim(),
    };
  }
}

function groups(): Group[] {
  return state.snapshot?.cluster.groups ?? [];
}

function hasGroups(group: string): boolean {
  return groups().length > 0 || group !== "";
}

function failbackIsOwn(): boolean {
  return features().rules ?? true;
}

/** Settings of a newer cluster that this page has no field for: shown, and left as they are. */
function otherSettings(resource: Resource | undefined): TemplateResult | null {
  const entries = Object.entries(resource?.extra ?? {});
  if (!entries.length) return null;
  const text = entries.map(([name, value]) => `${name} = ${value}`).join(", ");
  return html`<p class="hint">${t("field.extra", { text })}</p>`;
}

function guestLine(guest: Guest): string {
  return [resourceName(guest), guest.node, guestStatus(guest.status)].filter(Boolean).join(" · ");
}

function wordValue(field: string, value: unknown): string {
  if (field === "state") return t(`request.${value}`);
  if (typeof value === "boolean") return value ? t("on") : t("off");
  if (field === "group") return String(value || t("field.group.none"));
  return value === "" ? "–" : String(value);
}

/** The dialog that moves a resource to another node, running or by stop and start. */

import { html, type TemplateResult } from "lit/html.js";

import { write } from "../core/api.js";
import { Asked } from "../core/asked.js";
import { redraw } from "../core/draw.js";
import { askConsequences, type Consequence, isRefused } from "../core/rule-advice.js";
import { configuredOf, state } from "../core/store.js";
import { refresh } from "../core/stream.js";
import type { Node, Resource } from "../model.js";
import { note } from "../parts/notes.js";
import { consequenceSentence } from "../rules/sentences.js";
import { list, percent, t } from "../words/i18n.js";
import { nameOf, resourceName } from "../words/names.js";
import { nodeTrouble } from "../words/states.js";
import { freshId, openDialog } from "./dialog.js";
import { type Choice, selectField, waysField } from "./fields.js";
import { ToldErrors } from "./told.js";

const WAYS = ["migrate", "relocate"] as const;
type Way = (typeof WAYS)[number];

interface Answer {
  blocking?: { sid: string; cause?: string }[];
  comigrated?: string[];
}

/** Open the dialog; `node` is proposed. */
export function openMove(resource: Resource, node = ""): void {
  new MoveForm(resource, node).open();
}

class MoveForm {
  readonly #id = freshId("move");
  readonly #resource: Resource;
  readonly #told = new ToldErrors();
  readonly #advice = new Asked(askOfOne);
  #node: string;
  #how: Way = "migrate";

  constructor(resource: Resource, node: string) {
    this.#resource = resource;
    this.#node = node;
  }

  open(): void {
    openDialog({
      title: t("move.title", { name: resourceName(this.#resource) }),
      size: "slim",
      body: () => this.#view(),
      submit: { label: t("move") },
      writes: true,
      isReady: () => Boolean(this.#now && this.#target) && !this.#isRefused,
      settled: () => this.#advice.settled(),
      effect: () => (this.#now && this.#target ? { move: [`${this.#resource.sid} ${this.#target} ${this.#how}`] } : null),
      notices: () => this.#notices(),
      takeErrors: (fields) => this.#told.take(fields, ["node"]),
      onSubmit: () => this.#move(),
    });
  }

  get #now(): Resource | undefined {
    return configuredOf(this.#resource.sid);
  }

  get #targets(): Node[] {
    const { node } = this.#now ?? this.#resource;
    return (state.snapshot?.nodes ?? []).filter((one) => one.name !== node);
  }

  /** The node that is chosen, while it can be. */
  get #target(): string {
    return this.#targets.some((one) => one.name === this.#node) ? this.#node : "";
  }

  #view(): TemplateResult {
    const choices = this.#targets.map(nodeChoice);
    return html`<p class="soft">${t("move.from", { node: this.#resource.node ?? "–" })}</p>
      ${selectField({
        id: `${this.#id}-node`,
        label: t("move.node"),
        error: this.#told.of("node"),
        isRequired: true,
        value: this.#target,
        choices: [["", t("move.node.choose")], ...choices],
        onChange: (node) => {
          this.#node = node;
          this.#told.touch("node");
          redraw();
        },
      })}
      ${this.#wayField()}`;
  }

  #wayField(): TemplateResult {
    const keyOf = (way: Way) => (way === "migrate" && this.#resource.type === "ct" ? "move.migrate.ct" : `move.${way}`);
    return waysField({
      id: this.#id,
      legend: t("move.how"),
      value: this.#how,
      ways: WAYS.map((way) => ({ way, label: t(`move.${way}.label`), hint: t(`${keyOf(way)}.hint`) })),
      onChange: (way) => {
        this.#how = way;
        redraw();
      },
    });
  }

  #notices(): string[] {
    const now = this.#now;
    if (!now) return [t("resource.gone", { name: resourceName(this.#resource) })];
    const lines = now.state === "error" ? [t("form.in_error")] : [];
    if (this.#node && !this.#target) lines.push(t("move.target_gone", { node: this.#node }));
    return [...lines, ...this.#consequences()];
  }

  /** What rules make of the move: asked again when it or anything that they look at changes. */
  #consequences(): string[] {
    const { snapshot } = state;
    const node = this.#target;
    const query = node ? new URLSearchParams({ sid: this.#resource.sid, node }) : null;
    const nodes = snapshot?.nodes.map(({ name, ha_state }) => `${name} ${ha_state}`);
    this.#advice.follow(query, snapshot?.rules_digest, snapshot?.resources, String(nodes));
    return (this.#advice.answer ?? []).map((one) => consequenceSentence(one, node));
  }

  /** Whether rules refuse the move, or undo it at once. */
  get #isRefused(): boolean {
    const told = this.#target && !this.#advice.isBusy ? (this.#advice.answer ?? []) : [];
    return told.some(isRefused);
  }

  async #move(): Promise<void> {
    const node = this.#target;
    const path = `/api/resources/${encodeURIComponent(this.#resource.sid)}/move`;
    const answer = await write<Answer | null>("POST", path, { node, how: this.#how });
    tellOutcome(this.#resource, node, answer ?? {});
    refresh().catch(() => {});
  }
}

async function askOfOne(query: URLSearchParams): Promise<Consequence[]> {
  const sid = query.get("sid") ?? "";
  return (await askConsequences([sid], query.get("node") ?? "")).get(sid) ?? [];
}

function nodeChoice(node: Node): Choice {
  const trouble = nodeTrouble(node);
  if (trouble) return [node.name, `${node.name} · ${trouble.text}`, true];
  const memory = percent(node.maxmem ? (node.mem ?? 0) / node.maxmem : null);
  return [node.name, t("move.node.line", { node: node.name, memory, cpu: percent(node.cpu) })];
}

/** Say what the cluster made of it: moves along, or a rule that stands in the way. */
function tellOutcome(resource: Resource, node: string, answer: Answer): void {
  const name = resourceName(resource);
  const causes = answer.blocking ?? [];
  if (causes.some((one) => one.cause === "node-affinity")) {
    note(t("move.blocked.node_affinity", { name, node }), "warn");
    return;
  }
  const blocking = list(causes.map((one) => nameOf(one.sid)));
  const along = list((answer.comigrated ?? []).map(nameOf));
  if (blocking) note(t("move.blocked", { name, node, others: blocking }), "warn");
  else if (along) note(t("move.along", { name, node, others: along }));
  else note(t("move.asked", { name, node }));
}

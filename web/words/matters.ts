/** What needs the operator's eye, in words, worst first: the status line says the first, its list all. */

import { ApiError } from "../core/api.js";
import type { Steps } from "../core/fence-clock.js";
import { isTableFresh, knownTable, redRows } from "../core/forecast.js";
import { pastShown } from "../core/past.js";
import { maintenanceUnderWay } from "../core/maintenance.js";
import { locale } from "../core/preferences.js";
import { seesGuests, state } from "../core/store.js";
import type { Address, Cluster, Node, PageModel, Parts, Resource } from "../model.js";
import { doubt, doubtSentence } from "./doubt.js";
import { wordError } from "./errors.js";
import { clock, list, t, type Values } from "./i18n.js";
import { tableAge, tolerance } from "./losses.js";
import { lossOf } from "./lost-nodes.js";
import { resourceName } from "./names.js";
import { failureText } from "./repairs.js";
import { isDisarmed, protectedCount, requestOf, runsNow, type Tone } from "./states.js";
import { here } from "../core/place.js";

/** The words of the status line, the worst first. */
export const WORDS = ["unknown", "no_quorum", "fault", "disarmed", "caution", "maintenance"] as const;
export type LineWord = (typeof WORDS)[number] | "well";

/** What a press can do about a matter. */
export type Deed = "retry" | "log_in" | "repair" | "start_again" | "look" | "arm" | "follow" | "table";

export interface Matter {
  key: string;
  word: LineWord;
  head: string;
  text: string;
  /** Since when it is so, by the cluster's clock. */
  since?: number | null;
  /** Facts that belong to it, beside the sentence. */
  facts?: string[];
  /** What the HA stack does next, and the same as times of day. */
  next?: string;
  nextTitle?: string;
  steps?: Steps;
  deed?: Deed;
  /** The cluster's own words. */
  own?: string | null;
  /** Whom the deed is about: a resource, or those of a node. */
  sid?: string;
  node?: string;
}

/** The colour of each word. */
export const WORD_TONES: Record<LineWord, Tone> = {
  unknown: "idle",
  no_quorum: "bad",
  fault: "bad",
  disarmed: "warn",
  caution: "warn",
  maintenance: "info",
  well: "ok",
};

/** An answer that takes less is not worth a word, seconds. */
const SLOW_S = 2;
/** Words for a Local Resource Manager that does not report, or never has. */
const MUTE = ["dead", "unreadable"];
/** Parts without which the rest says nothing. */
const VITAL = ["status", "resources"];

/** All matters of the moment, worst first. */
export function mattersOf(snapshot: PageModel | null): Matter[] {
  const found = [...aboutTheLine(), ...(snapshot ? aboutCluster(snapshot) : [])];
  const isBad = found.some(({ word }) => !["caution", "maintenance"].includes(word));
  if (snapshot && !isBad) found.push(...aboutTolerance());
  const rank = ({ word }: Matter) => WORDS.indexOf(word as (typeof WORDS)[number]);
  return found.sort((one, other) => rank(one) - rank(other));
}

function worded(word: LineWord, kind: string, values: Values = {}, more: Partial<Matter> = {}): Matter {
  const head = t(`warning.${kind}.head`, values);
  return { key: kind, word, head, text: t(`warning.${kind}.text`, values), ...more };
}

/** The line to the console: without it everything else is old. */
function aboutTheLine(): Matter[] {
  if (state.line === "ended") return [worded("unknown", "ended", {}, { deed: "log_in" })];
  if (state.line === "deaf") return [worded("unknown", "line_deaf", {}, { deed: "retry" })];
  if (state.line !== "lost") return [];
  const kind = state.heardAt === null ? "line_first" : "line_lost";
  return [worded("unknown", kind, {}, { deed: "retry" })];
}

function aboutCluster(snapshot: PageModel): Matter[] {
  const isKnown = snapshot.parts.status.at !== null;
  return [
    ...aboutParts(snapshot.parts),
    ...(isKnown ? [...aboutHa(snapshot), ...aboutNodes(snapshot)] : []),
    ...resourceMatters(snapshot),
    ...aboutAnswers(snapshot),
  ];
}

/** Which node must not fail, while nothing has failed yet; what was so is told until it is known anew. */
function aboutTolerance(): Matter[] {
  const table = pastShown() === null ? knownTable() : null;
  if (!table || table.at === null || !redRows(table).length) return [];
  const { text: head, node } = tolerance(table);
  const anew = isTableFresh() ? [] : [tableAge(table)];
  const deed = here() === "/whatif" ? {} : { deed: "table" as const };
  return [{ key: `tolerance:${node}`, word: "caution", head, text: t("warning.tolerance.text"), facts: anew, ...deed }];
}

/** What cannot be read; the same reason once, whatever it hinders. */
function aboutParts(parts: Parts): Matter[] {
  const found = new Map<string, Matter>();
  for (const [name, part] of Object.entries(parts)) {
    if (part.ok) continue;
    const error = new ApiError(part.error ?? { code: "cluster" });
    const head = wordError(error);
    const word = VITAL.includes(name) ? "unknown" : "caution";
    const known = found.get(head);
    if (known && known.word === "unknown") continue;
    const key = `part:${error.code}:${error.words}`;
    found.set(head, { key, word, head, text: "", own: error.words, deed: "retry" });
  }
  return [...found.values()];
}

function aboutHa(snapshot: PageModel): Matter[] {
  const { quorum, master, cluster, nodes, resources } = snapshot;
  const found: Matter[] = [];
  const doubted = resources.length ? doubt(snapshot) : null;
  const old = doubted ? [doubtSentence(doubted)] : [];
  if (quorum && !quorum.ok) {
    found.push(worded("no_quorum", "no_quorum", { node: quorum.node }, { facts: old }));
  } else if (quorum && !master) {
    found.push(worded("caution", "no_master", {}, { facts: old }));
  } else if (doubted) {
    // Of a lost master's node the line says more: what comes next, and when.
    const word = nodes.some((node) => node.lost) ? "caution" : "unknown";
    found.push({ key: "last_known", word, head: doubtSentence(doubted), text: "" });
  }
  if (isDisarmed(snapshot)) {
    found.push(worded("disarmed", "disarmed", {}, { facts: unprotected(snapshot), deed: "arm" }));
  }
  const votes = cluster.votes ?? nodes.length;
  if (votes > 0 && votes < 3) found.push(worded("caution", "votes", { votes }));
  return found;
}

/** What nobody looks after while the HA stack is disarmed. */
function unprotected({ fencing, resources }: PageModel): string[] {
  const mode = fencing?.resource_mode ? t(`fencing.mode.${fencing.resource_mode}`) : "";
  return [t("line.unprotected", { count: protectedCount(resources) }), mode].filter(Boolean);
}

/** The node that somebody services with the console's guidance, and what is said of that. */
function guidedMaintenance(): { node: string; matter: Matter } | null {
  const work = maintenanceUnderWay();
  const node = work?.stops[work.at]?.node;
  if (!work || node === undefined) return null;
  const deed = here() === "/maintenance" ? {} : { deed: "follow" as const };
  return { node, matter: worded("maintenance", "guided", { node, who: work.who }, deed) };
}

function aboutNodes(snapshot: PageModel): Matter[] {
  const { nodes, resources } = snapshot;
  const found: Matter[] = [];
  const named = (of: Node[]) => ({ nodes: list(of.map((node) => node.name)) });
  const about = (word: LineWord, kind: string, of: Node[], more: Partial<Matter> = {}) => {
    if (of.length) found.push(worded(word, kind, named(of), more));
  };
  const fenced = nodes.filter((node) => node.ha_state === "fence");
  const silent = nodes.filter((node) => node.lost && node.ha_state !== "fence");
  const seen = (of: Node[]): Partial<Matter> => (of[0] ? { deed: "look", node: of[0].name } : {});
  about("fault", "fence", fenced, { ...seen(fenced), ...lossOf(fenced, resources, t("warning.fence.next")) });
  const holds = ({ name }: Node) => resources.some((resource) => resource.node === name);
  const awaits = isDisarmed(snapshot) ? "" : t("warning.silent.next");
  for (const kind of ["silent", "fenced", "frozen_away", "left"] as const) {
    const of = silent.filter(({ name }) => kindOfLoss(name, resources) === kind);
    about("fault", kind, of, { ...seen(of), ...lossOf(of, resources, kind === "silent" ? awaits : "") });
  }
  const shown = (display: string) => nodes.filter((node) => node.lrm?.display === display);
  about("fault", "lost", shown("lost"));
  // One to which the first resource is only on its way has its lock before that comes.
  about("caution", "waiting", shown("waiting").filter(holds));
  about("caution", "time_drift", shown("time_drift"));
  const isMute = ({ lrm }: Node) => MUTE.includes(lrm?.display ?? "");
  about("caution", "lrm_silent", nodes.filter((node) => node.online && !node.lost && isMute(node)));
  const blind = new Set(resources.filter(({ guest }) => guest === "unknown").map(({ node }) => node));
  about("caution", "no_figures", nodes.filter(({ name, online, lost }) => online && !lost && blind.has(name)));
  const guided = guidedMaintenance();
  const others = nodes.filter((node) => node.ha_state === "maintenance" && node.name !== guided?.node);
  about("maintenance", "maintenance", others);
  return guided ? [...found, guided.matter] : found;
}

/** What a lost node is to the HA stack by now: waited for, fenced, frozen with what it has, or done with. */
function kindOfLoss(name: string, resources: Resource[]): "silent" | "fenced" | "frozen_away" | "left" {
  const states = new Set(resources.filter(({ node }) => node === name).map(({ state: now }) => now));
  if (!states.size) return "left";
  if ([...states].every((one) => one === "recovery")) return "fenced";
  return [...states].every((one) => one === "freeze") ? "frozen_away" : "silent";
}

let lastMatters: { of: unknown[]; found: Matter[] } = { of: [], found: [] };

/** What is to be said of the resources; they may be thousands, and are looked at when they change. */
function resourceMatters(snapshot: PageModel): Matter[] {
  const of = [snapshot.resources, snapshot.fencing, seesGuests(), locale()];
  if (of.some((one, at) => one !== lastMatters.of[at])) lastMatters = { of, found: aboutResources(snapshot) };
  return lastMatters.found;
}

function aboutResources(snapshot: PageModel): Matter[] {
  const { resources } = snapshot;
  const isBlind = resources.length > 0 && !seesGuests();
  const blind = isBlind ? [worded("caution", "guests_hidden")] : [];
  const found = resources.flatMap((resource) => {
    const { sid, state: now } = resource;
    const values = { name: resourceName(resource) };
    const about = (word: LineWord, kind: string, more: Partial<Matter> = {}) => [
      worded(word, kind, values, { key: `${kind}:${sid}`, sid, ...more }),
    ];
    if (now === "error") return about("fault", "error", { text: errorText(resource), deed: "repair" });
    if (resource.repair) return about("caution", "error", { key: `repair:${sid}`, ...repairMatter(resource, resource.repair.step) });
    if (now === "recovery") return about("fault", "recovery", { deed: "look" });
    if (resource.down) return about("fault", "guest_down", { deed: "look", next: t("warning.guest_down.next") });
    return [];
  });
  return [...blind, ...found, ...notYetWell(snapshot)];
}

/** States in which the HA stack lets a resource be, though it is armed. */
const UNGUARDED = ["freeze", "ignore"];
/** Of these the line says more in other words. */
const TOLD_OTHERWISE = ["error", "recovery", "fence", ...UNGUARDED];
const MOST_NAMED = 3;

/** Resources that are to run, and that nobody protects or that do not run yet, though nothing has failed. */
function notYetWell(snapshot: PageModel): Matter[] {
  if (isDisarmed(snapshot)) return [];
  const wanted = snapshot.resources.filter((one) => one.configured && requestOf(one) === "started" && !one.last_known);
  const unguarded = wanted.filter((one) => UNGUARDED.includes(one.state ?? ""));
  const waiting = wanted.filter((one) => !one.down && !one.repair && !runsNow(one) && !TOLD_OTHERWISE.includes(one.state ?? ""));
  return [...severally("unguarded", unguarded), ...severally("not_running", waiting)];
}

function severally(kind: string, of: Resource[]): Matter[] {
  if (!of.length) return [];
  const names = list(of.slice(0, MOST_NAMED).map(resourceName)) + (of.length > MOST_NAMED ? " …" : "");
  const only = of.length === 1 ? { sid: of[0]!.sid } : {};
  return [worded("caution", kind, { count: of.length, names }, only)];
}

function errorText(resource: Resource): string {
  return [failureText(resource), t("warning.error.text")].join(" ");
}

/** A repair under way: how far it is, and what is to be done next. */
function repairMatter(resource: Resource, step: string): Partial<Matter> {
  const { who = "", since = 0, failed = [] } = resource.repair ?? {};
  const begun = t("repair.by", { who, time: clock(since) });
  const where = failed.length ? t("warning.error.failed_nodes", { nodes: list(failed) }) : "";
  const head = t(`warning.repair.${step}.head`, { name: resourceName(resource) });
  const text = [t(`warning.repair.${step}.text`), where, begun].filter(Boolean).join(" ");
  return { head, text, ...(step === "waiting" ? { deed: "start_again" as const } : {}) };
}

/** Whether the cluster takes the console's own token. */
function aboutToken(token: Cluster["token"]): Matter[] {
  if (!token) return [];
  const kind = token.refused ? "token_refused" : "token_lacks";
  const word = token.refused ? "unknown" : "caution";
  const values = { token: token.name, privileges: list(token.lacks) };
  return [worded(word, kind, values, { key: "token" })];
}

/** Whether what happens can be written down. */
function aboutHistory(unkept: Cluster["unkept"]): Matter[] {
  if (!unkept) return [];
  const why = t(`warning.unkept.${unkept}`);
  return [worded("caution", "unkept", { why })];
}

/** Whether there is room for the audit. */
function aboutAudit(audit: Cluster["audit"]): Matter[] {
  return audit ? [worded("caution", `audit_${audit}`, {})] : [];
}

/** Who does not answer, or late, or by another clock. */
function aboutAnswers({ cluster, parts }: PageModel): Matter[] {
  const found = [...aboutToken(cluster.token), ...aboutHistory(cluster.unkept), ...aboutAudit(cluster.audit)];
  const addresses = cluster.addresses ?? [];
  const silent = addresses.filter((one) => !one.ok).map((one) => hostOf(one.address));
  const answering = hostOf(addresses.find((one: Address) => one.answering)?.address);
  if (silent.length) {
    const kind = answering ? "addresses" : "no_address";
    found.push(worded("caution", kind, { nodes: list(silent), answering }, { key: "addresses" }));
  }
  for (const [address, slow_s] of slowestOf(parts)) {
    const host = hostOf(address) || t("warning.slow.cluster");
    const values = { address: host, seconds: Math.round(slow_s) };
    found.push(worded("caution", "slow", values, { key: `slow:${address}` }));
  }
  const skew_s = cluster.clock?.skew_s ?? 0;
  if (skew_s) {
    const kind = skew_s > 0 ? "ahead" : "behind";
    found.push(worded("caution", kind, { seconds: Math.abs(skew_s) }, { key: "skew" }));
  }
  return found;
}

function hostOf(address: string | undefined): string {
  return (address ?? "").replace(/^https?:\/\//, "");
}

/** The longest wait for each address that makes one wait. */
function slowestOf(parts: Parts): [address: string, slow_s: number][] {
  const slowest = new Map<string, number>();
  for (const { slow_s, address } of Object.values(parts)) {
    if (!slow_s || slow_s < SLOW_S) continue;
    const name = address ?? "";
    slowest.set(name, Math.max(slow_s, slowest.get(name) ?? 0));
  }
  return [...slowest].sort(([one], [other]) => (one < other ? -1 : 1));
}

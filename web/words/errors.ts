/** An error in the user's words, and the cluster's own words after it. */

import { html, type TemplateResult } from "lit/html.js";

import type { ApiError } from "../core/api.js";
import { has, list, t } from "./i18n.js";
import { nameOf } from "./names.js";

/** What clusters are known to say, and the key under which the page says it. */
type Known = [pattern: RegExp, key: string];

const KNOWN: Known[] = [
  [/resource ID '(?<sid>[^']+)' already defined/, "cluster.resource_defined"],
  [/cannot delete service '(?<sid>[^']+)', not HA managed/, "cluster.resource_gone"],
  [/no such resource '(?<sid>[^']+)'/, "cluster.resource_gone"],
  [/service '(?<sid>[^']+)' in error state, must be disabled/, "cluster.in_error"],
  [/resource '(?<sid>[^']+)' does not exist in cluster/, "cluster.guest_gone"],
  [/unable to detect SID from VMID/, "cluster.guest_gone"],
  [/HA rule '(?<rule>[^']+)' already defined/, "cluster.rule_defined"],
  [/cannot use unmanaged resource\(s\) (?<sids>.+?)\.?\s*$/, "cluster.unmanaged"],
  [/cannot use non-existent node\(s\) (?<nodes>.+?)\.?\s*$/, "cluster.unknown_nodes"],
  [/no resources were specified/, "rule.error.no_resources"],
  [/no nodes were specified/, "rule.error.no_nodes"],
  [
    /resource '(?<sid>[^']+)' is already used in another node affinity rule/,
    "cluster.several_node_rules",
  ],
  [/ineffective as there are less than two resources/, "cluster.fewer_than_two"],
  [/more resources than available nodes/, "cluster.more_than_nodes"],
  [/shares two or more resources with a (?<sign>negative|positive)/, "cluster.contradicts"],
  [/multiple priorities/, "cluster.priorities"],
  [/multiple node affinity rules|at least one other node affinity rule/, "cluster.together_across"],
  [/restrict(?:ed)?(?: these)? to less nodes/, "cluster.apart_on_too_few"],
  [/ha groups have been migrated to rules/, "cluster.groups_migrated"],
  [/ha groups have not been migrated yet/, "cluster.groups_not_migrated"],
  [/detected modified configuration|digest/i, "cluster.changed_meanwhile"],
  [/Permission check failed.*?(?<privilege>[A-Z][A-Za-z]+\.[A-Z]\w+)/, "cluster.forbidden"],
  [/property is not defined in schema/, "cluster.unknown_parameter"],
  [/no quorum/i, "cluster.no_quorum"],
  [/cfs-lock '[^']+' error|got lock (?:request )?timeout/, "cluster.locked"],
];

/** What a message says in general; asked when nothing in it is known more closely. */
const GENERAL: Known[] = [[/[Rr]ule '(?<rule>[^']+)' is invalid/, "cluster.rule_invalid"]];

/** The page's own wording of a cluster's message, of all that it says; or null. */
export function wordMessage(message: string | null | undefined): string | null {
  const sentences = worded(KNOWN, message ?? "");
  const said = sentences.length ? sentences : worded(GENERAL, message ?? "");
  return said.length ? [...new Set(said)].join(" ") : null;
}

function worded(known: Known[], message: string): string[] {
  return known.flatMap(([pattern, key]) => {
    const match = pattern.exec(message);
    return match ? [t(key, named(match.groups ?? {}))] : [];
  });
}

/** What a message names, the resources by what the page calls them. */
function named({ sid, sids, ...rest }: Record<string, string>): Record<string, string> {
  const names = (sid ?? sids ?? "").split(/[, ]+/).map(nameOf);
  return { ...rest, name: list(names) };
}

/** The page's wording of an error; of a write that may have been done, it says so. */
export function wordError(error: ApiError): string {
  const said = wordKind(error);
  return error.isUnknown ? `${said} ${t("error.unknown")}` : said;
}

/** What the message is known to mean, else what the code says. */
function wordKind(error: ApiError): string {
  if (error.reason) return error.reason;
  if (error.closed) return t(`warning.unkept.${error.closed}`);
  if (error.token) return wordToken(error);
  const known = wordMessage(error.words);
  if (known) return known;
  if (error.status === 429) return t("error.slow_down", { seconds: error.retryAfterS || 5 });
  const key = `error.${error.code}`;
  return has(key) ? t(key) : t("error.cluster");
}

/** What is wrong with the console's own token, which is not the user's affair. */
function wordToken({ code, token, words }: ApiError): string {
  const privilege = /Permission check failed.*?([A-Z][A-Za-z]+\.[A-Z]\w+)/.exec(words ?? "")?.[1];
  if (code === "auth") return t("error.token_refused", { token });
  return privilege ? t("error.token_lacks", { token, privilege }) : t("error.token_forbidden", { token });
}

/** An error in one line: the page's words and the cluster's own. */
export function errorLine(error: ApiError): string {
  return [...new Set([wordError(error), error.words])].filter(Boolean).join(" ");
}

/** A message: the page's words, then the cluster's own, if they add something. */
export function messageView(words: string, own: string | null): TemplateResult {
  const isMore = own && own !== words;
  const more = html`<span class="own-words" lang="en">${t("error.own_words", { words: own })}</span>`;
  return html`<span>${words}</span>${isMore ? more : null}`;
}

/** A message of the cluster about one field. */
export function fieldMessageView(text: string): TemplateResult {
  if (has(`field.${text}`)) return messageView(t(`field.${text}`), null);
  const known = wordMessage(text);
  return known ? messageView(known, text) : messageView(t("error.field", { words: text }), null);
}

/** Under which name the console's log tells more of an error: one press marks it whole, to be copied. */
export function requestView(request: string | null): TemplateResult | null {
  if (!request) return null;
  return html`<span class="request" title=${t("error.request.title")}>${t("error.request")} <code>${request}</code></span>`;
}

/** An error in one line, and under which name the log tells more. */
export function failureView(error: ApiError): TemplateResult {
  return html`${errorLine(error)} ${requestView(error.request)}`;
}

/** An error. */
export function errorView(error: ApiError): TemplateResult {
  const { fingerprint } = error;
  const told = html`<span class="own-words fixed">${t("error.fingerprint", { fingerprint })}</span>`;
  return html`${messageView(wordError(error), error.words)}${fingerprint ? told : null} ${requestView(error.request)}`;
}

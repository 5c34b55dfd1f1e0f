/** What needs the operator's eye, in words, most serious first. */

import { h, setText } from "./dom.js";
import { list, t } from "./i18n.js";

/** An answer that takes less is not worth a word, seconds. */
const SLOW_S = 2;

/** Everything that a snapshot warns of: {key, kind, tone, values}. */
export function warningsOf(snapshot) {
  const known = snapshot.parts.status.at !== null;
  return [...(known ? aboutHa(snapshot) : []), ...aboutAnswers(snapshot)];
}

function aboutHa(snapshot) {
  const { quorum, master, nodes, fencing } = snapshot;
  const warnings = [];
  const warn = (kind, tone, values = {}) => warnings.push({ key: kind, kind, tone, values });
  if (quorum && !quorum.ok) warn("no_quorum", "bad", { node: quorum.node });
  else if (quorum && !master) warn("no_master", "warn");
  const fenced = nodes.filter((node) => node.ha_state === "fence").map((node) => node.name);
  if (fenced.length) warn("fence", "bad", { nodes: list(fenced) });
  for (const display of ["lost", "waiting", "time_drift"]) {
    const named = nodes.filter((node) => node.lrm?.display === display).map((node) => node.name);
    if (named.length) warn(display, display === "lost" ? "bad" : "warn", { nodes: list(named) });
  }
  if (["disarming", "disarmed"].includes(fencing?.armed_state)) warn("disarmed", "warn");
  return warnings;
}

/** Who does not answer, or late, or by another clock. */
function aboutAnswers({ cluster, parts }) {
  const warnings = aboutToken(cluster.token);
  const addresses = cluster.addresses ?? [];
  const silent = addresses.filter((one) => !one.ok).map((one) => hostOf(one.address));
  const answering = hostOf(addresses.find((one) => one.answering)?.address);
  if (silent.length) {
    const kind = answering ? "addresses" : "no_address";
    const values = { nodes: list(silent), answering };
    warnings.push({ key: "addresses", kind, tone: "warn", values });
  }
  for (const [address, slow_s] of slowestOf(parts)) {
    const host = hostOf(address) || t("warning.slow.cluster");
    const values = { address: host, seconds: Math.round(slow_s) };
    warnings.push({ key: `slow:${address}`, kind: "slow", tone: "warn", values });
  }
  const skew_s = cluster.clock?.skew_s ?? 0;
  if (skew_s) {
    const kind = skew_s > 0 ? "ahead" : "behind";
    warnings.push({ key: "skew", kind, tone: "warn", values: { seconds: Math.abs(skew_s) } });
  }
  return warnings;
}

/** Whether the cluster takes the console's own token. */
function aboutToken(token) {
  if (!token) return [];
  const kind = token.refused ? "token_refused" : "token_lacks";
  const values = { token: token.name, privileges: list(token.lacks) };
  return [{ key: "token", kind, tone: "bad", values }];
}

function hostOf(address) {
  return (address ?? "").replace(/^https?:\/\//, "");
}

/** The longest wait for each address that makes one wait. */
function slowestOf(parts) {
  const slowest = new Map();
  for (const { slow_s, address } of Object.values(parts)) {
    if (!(slow_s >= SLOW_S)) continue;
    const name = address ?? "";
    slowest.set(name, Math.max(slow_s, slowest.get(name) ?? 0));
  }
  return [...slowest].sort();
}

/** How a warning is drawn: what it is, and what to do. */
export const warningCare = {
  key: (warning) => warning.key,
  build: () =>
    h("div", { class: "box" }, h("div", { class: "box-text" }, h("p", {}, h("strong")), h("p"))),
  update: (element, { kind, tone, values }) => {
    const [head, text] = element.firstElementChild.children;
    element.dataset.tone = tone;
    setText(head.firstElementChild, t(`warning.${kind}.head`, values));
    setText(text, t(`warning.${kind}.text`, values));
  },
};

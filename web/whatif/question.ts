/** What is supposed to fail, and when: it stands in the page's address, and so can be sent to a colleague. */

import { state } from "../core/store.js";
import { addressFor } from "../core/place.js";

/** What may happen to nodes. */
export const HOWS = ["lose", "cut", "reboot", "shutdown", "maintenance", "split"] as const;
export type How = (typeof HOWS)[number];

/** What else may be supposed: changes, guests that do not start, a past moment (ms) from which it is played. */
const SUPPOSED = ["remove", "fail_start", "change", "add_rule", "move", "at"];

/** The sides into which the form splits a network. */
export const SIDES = [0, 1, 2];

export interface Question {
  how: How;
  /** The nodes that fail, each with its second after the first. */
  chosen: Map<string, number>;
  /** On which side of a split each node is. */
  sides: Map<string, number>;
  supposed: [key: string, words: string][];
}

/** The question in the form. */
export const question: Question = { how: "lose", chosen: new Map(), sides: new Map(), supposed: [] };

/** Read the question from the address. */
export function readAddress(): void {
  const query = new URLSearchParams(location.search);
  question.how = HOWS.find((one) => query.has(one)) ?? "lose";
  question.chosen = new Map(query.getAll(question.how).map(readLoss));
  question.sides = readSplit(query.get("split") ?? "");
  const others = HOWS.filter((one) => one !== question.how);
  question.supposed = [...query].filter(([key]) => [...SUPPOSED, ...others].includes(key));
}

function readLoss(words: string): [node: string, at: number] {
  const [node = "", later = "0"] = words.split("@+");
  return [node, Number(later) || 0];
}

function readSplit(words: string): Map<string, number> {
  const parts = words.split("|").map((part) => part.split(",").filter(Boolean));
  return new Map(parts.flatMap((part, side) => part.map((node): [string, number] => [node, side])));
}

/** The question as the server is asked it. */
export function queryOf({ how, chosen, sides, supposed }: Question): URLSearchParams {
  if (how === "split") return new URLSearchParams([...splitOf(sides), ...supposed]);
  const told = ([node, at]: [string, number]) => [how, at && (how === "lose" || how === "cut") ? `${node}@+${at}` : node];
  return new URLSearchParams([...[...chosen].map(told), ...supposed]);
}

/** The sides of a split as a question has them; everything on one side is none. */
function splitOf(sides: Map<string, number>): string[][] {
  const names = (state.snapshot?.nodes ?? []).map(({ name }) => name);
  const all = names.length ? names : [...sides.keys()];
  const parts = SIDES.map((side) => all.filter((name) => (sides.get(name) ?? 0) === side));
  const told = parts.filter((part) => part.length).map((part) => part.join(","));
  return told.length > 1 ? [["split", told.join("|")]] : [];
}

/** The address of a row of the table. */
export function addressOf({ nodes, split }: { nodes: string[]; split: string[][] }): string {
  const words = split.map((part) => part.join(",")).join("|");
  const query = nodes.length ? nodes.map((node) => ["lose", node]) : [["split", words]];
  return addressFor(`/whatif?${new URLSearchParams(query)}`);
}

/** A form that follows the cluster: fields left alone take the new value, touched ones stay as typed. */

import { t } from "../words/i18n.js";

export interface Change {
  field: string;
  to: unknown;
  /** Whether what was typed was kept. */
  kept: boolean;
}

/** What a form holds: the cluster's values, and what was made of them. */
export class Draft<Values extends object> {
  values: Values;
  #known: Values;

  constructor(known: Values, preset: Partial<Values> = {}) {
    this.#known = { ...known };
    this.values = { ...known, ...preset };
  }

  /** What to begin with again: what the cluster had, and what was made of it. */
  get kept(): { known: Values; values: Values } {
    return { known: this.#known, values: this.values };
  }

  /** Whether a field holds what the cluster does not. */
  get isChanged(): boolean {
    return !same(this.values, this.#known);
  }

  /** Take the cluster's newer values in; answers what changed. */
  follow(newer: Values): Change[] {
    const changes: Change[] = [];
    for (const field of Object.keys(newer) as (keyof Values & string)[]) {
      if (same(this.#known[field], newer[field])) continue;
      const kept = !same(this.values[field], this.#known[field]);
      if (!kept) this.values[field] = newer[field];
      changes.push({ field, to: newer[field], kept });
    }
    this.#known = { ...newer };
    return changes;
  }
}

/** "Changed meanwhile", once a field: taken over, or kept as typed. */
export function changeLines(
  changes: Change[],
  nameOf: (field: string) => string,
  wordOf: (field: string, value: unknown) => string,
): string[] {
  const latest = new Map(changes.map((one) => [one.field, one]));
  return [...latest.values()].map((one) =>
    t(one.kept ? "form.changed.kept" : "form.changed.taken", {
      field: nameOf(one.field),
      value: wordOf(one.field, one.to),
    }),
  );
}

/** Whether two plain values are the same. */
export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

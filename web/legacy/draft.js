/** A form that follows the cluster: fields left alone take the new value, touched ones stay as typed. */

import { t } from "./i18n.js";

/**
 * @param {object} base values by field, as they stood when the form was opened
 * @param {Object<string, {read: function, write: function}>} controls
 */
export function makeDraft(base, controls) {
  let known = { ...base };
  return {
    values: () =>
      Object.fromEntries(Object.keys(controls).map((name) => [name, controls[name].read()])),
    /** Whether a field holds what the cluster does not. */
    isChanged: () =>
      Object.keys(controls).some((name) => !same(controls[name].read(), known[name])),
    /** Take the cluster's newer values in; answers what changed: {field, from, to, kept}. */
    follow(newer) {
      const changes = [];
      for (const name of Object.keys(controls)) {
        if (same(known[name], newer[name])) continue;
        const touched = !same(controls[name].read(), known[name]);
        if (!touched) controls[name].write(newer[name]);
        changes.push({ field: name, from: known[name], to: newer[name], kept: touched });
      }
      known = { ...newer };
      return changes;
    },
  };
}

/** "Changed meanwhile", once a field: taken over, or kept as typed. */
export function changeLines(changes, nameOf, wordOf) {
  const latest = new Map(changes.map((one) => [one.field, one]));
  return [...latest.values()].map((one) =>
    t(one.kept ? "form.changed.kept" : "form.changed.taken", {
      field: nameOf(one.field),
      value: wordOf(one.field, one.to),
    }),
  );
}

/** Whether two plain values are the same. */
export function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A change to something that others may change too: refused when the page has not seen the latest. */

import { asApiError, write } from "./api.js";
import { state } from "./store.js";
import { refresh } from "./stream.js";

const OVERTAKEN = /modified configuration|digest/i;

/** Write a change on top of what the page shows; one that was overtaken shows the newer values first. */
export async function writeChange(
  path: string,
  body: object,
  digestName: "rules_digest" | "resources_digest",
): Promise<unknown> {
  const digest = state.snapshot?.[digestName] ?? undefined;
  try {
    return await write("PUT", path, { ...body, digest });
  } catch (thrown) {
    if (OVERTAKEN.test(asApiError(thrown).words ?? "")) await refresh().catch(() => {});
    throw thrown;
  }
}

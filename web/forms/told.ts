/** What the cluster refused of a form's fields, until they are touched again. */

import type { TemplateResult } from "lit/html.js";

import { fieldMessageView } from "../words/errors.js";

export class ToldErrors {
  #told: Record<string, string> = {};

  /** Take a refusal in; answers which of the form's fields it names. `meant` has other names of fields. */
  take(fields: Record<string, string>, known: string[], meant: Record<string, string> = {}): string[] {
    const taken = Object.keys(fields).filter((name) => known.includes(meant[name] ?? name));
    for (const name of taken) this.#told[meant[name] ?? name] = fields[name] ?? "";
    return taken;
  }

  /** What was said of a field. */
  of(name: string): TemplateResult | null {
    const text = this.#told[name];
    return text === undefined ? null : fieldMessageView(text);
  }

  /** Forget what was said of a field, as it is changed. */
  touch(name: string): void {
    delete this.#told[name];
  }
}

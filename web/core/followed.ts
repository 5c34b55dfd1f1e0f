/** What the console tells again and again while a page is open. */

import { type ApiError, asApiError, get } from "./api.js";
import { redraw } from "./draw.js";

/** Asks one path every so often, and keeps the last answer. */
export class Followed<Told> {
  /** What the console told last. */
  told: Told | null = null;
  /** Why it tells nothing now. */
  failure: ApiError | null = null;
  readonly #path: string;
  readonly #everyMs: number;
  /** The number of the newest answer that was waited for. */
  #newest = 0;

  constructor(path: string, everyMs: number) {
    this.#path = path;
    this.#everyMs = everyMs;
  }

  /** Keep asking from now on. */
  async follow(): Promise<void> {
    await this.hear();
    setTimeout(() => void this.follow(), this.#everyMs);
  }

  /** Ask once; an answer that was overtaken by a newer one is left alone. */
  async hear(): Promise<void> {
    const mine = ++this.#newest;
    try {
      const answer = await get<Told>(this.#path);
      if (mine === this.#newest) [this.told, this.failure] = [answer, null];
    } catch (thrown) {
      if (mine === this.#newest) this.failure = asApiError(thrown);
    }
    redraw();
  }
}

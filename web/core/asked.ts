/** A question of the server that follows what it is about: asked again when it is another, late answers left alone. */

import { type ApiError, asApiError } from "./api.js";
import { redraw } from "./draw.js";

/** How long a question must stand before it is asked: people type. */
const PAUSE_MS = 120;

/** Asks the server, and keeps its last answer. */
export class Asked<Answer> {
  /** The answer; while a newer question is under way, that to the one before. */
  answer: Answer | null = null;
  failure: ApiError | null = null;
  readonly #ask: (query: URLSearchParams) => Promise<Answer>;
  #key: unknown[] = [""];
  #answered: unknown[] = this.#key;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waiting: (() => void)[] = [];

  constructor(ask: (query: URLSearchParams) => Promise<Answer>) {
    this.#ask = ask;
  }

  /** Whether the present question is not answered yet. */
  get isBusy(): boolean {
    return this.#key !== this.#answered;
  }

  /** Ask this, if it is not what was asked last; `about` is what else the answer depends on. */
  follow(query: URLSearchParams | null, ...about: unknown[]): void {
    const key = query ? [String(query), ...about] : [""];
    if (key.length === this.#key.length && key.every((one, at) => one === this.#key[at])) return;
    this.#key = key;
    clearTimeout(this.#timer);
    if (query) this.#timer = setTimeout(() => void this.#put(query, key), PAUSE_MS);
    else this.#take(key, null, null);
  }

  /** Wait until the present question is answered. */
  settled(): Promise<void> {
    return this.isBusy ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  async #put(query: URLSearchParams, key: unknown[]): Promise<void> {
    try {
      const answer = await this.#ask(query);
      if (this.#key === key) this.#take(key, answer, null);
    } catch (thrown) {
      if (this.#key === key) this.#take(key, null, asApiError(thrown));
    }
    redraw();
  }

  #take(key: unknown[], answer: Answer | null, failure: ApiError | null): void {
    [this.#answered, this.answer, this.failure] = [key, answer, failure];
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

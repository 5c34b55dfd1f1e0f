/** The console's JSON API: errors are values with a status, a code, a message, and texts for fields. */

import type { Failure } from "../model.js";
import type { Session } from "./own-model.js";
import { change, state } from "./store.js";
import { addressFor } from "./place.js";

interface Told extends Partial<Failure> {
  kinds?: string[];
  unknown?: boolean;
  told?: boolean;
  request?: string;
  detail?: string;
}

/** The history is opened once the cluster was read the first time. */
const OPENING_TRIES = 10;
const OPENING_MS = 1000;

/** What went wrong with a request, as the console or the network tells it. */
export class ApiError extends Error {
  readonly status: number | null;
  readonly code: string;
  /** The cluster's own words. */
  readonly words: string | null;
  readonly fields: Record<string, string>;
  readonly retryAfterS: number | null;
  readonly fingerprint: string | null;
  readonly kinds: string[];
  /** Whether a write may have been done all the same. */
  readonly isUnknown: boolean;
  /** Whether the console itself said so. */
  readonly isTold: boolean;
  /** The name of the console's own token, where it is refused or lacks a privilege. */
  readonly token: string | null;
  /** The name of the request, under which the console's log tells of it; null where that tells no more. */
  readonly request: string | null;
  /** The whole reason in the user's language, where the console tells one: of plans, drills and forecasts. */
  readonly reason: string | null;
  /** Why the history cannot be read, where that is the reason; "opening" soon after the console's start. */
  readonly closed: string | null;

  constructor(told: Told) {
    super(told.message ?? told.code ?? "cluster");
    this.status = told.status ?? null;
    this.code = told.code ?? "cluster";
    this.words = told.message ?? null;
    this.fields = told.fields ?? {};
    this.retryAfterS = told.retry_after_s ?? null;
    this.fingerprint = told.fingerprint ?? null;
    this.kinds = told.kinds ?? [];
    this.isUnknown = told.unknown ?? false;
    this.isTold = told.told ?? false;
    this.token = told.token ?? null;
    this.reason = told.code === "plan" || told.code === "forecast" ? (told.detail ?? null) : null;
    this.closed = told.code === "history" ? (told.detail ?? null) : null;
    const saysAll = this.reason !== null || told.status === 401 || told.status === 429;
    this.request = saysAll ? null : (told.request ?? null);
  }
}

/** What was thrown as an error of the API. */
export function asApiError(thrown: unknown): ApiError {
  return thrown instanceof ApiError ? thrown : new ApiError({ code: "page", message: String(thrown) });
}

/** Asks the user to log in again; resolves to whether they did. Set by session.ts. */
export const doorkeeper = { logInAgain: async (): Promise<boolean> => false };

/** Read from the console; the history is asked for again while it is being opened. */
export async function get<T>(path: string): Promise<T> {
  for (let tries = OPENING_TRIES; ; tries -= 1) {
    try {
      return await request<T>("GET", path);
    } catch (thrown) {
      if (tries === 0 || asApiError(thrown).closed !== "opening") throw thrown;
      await new Promise((resolve) => setTimeout(resolve, OPENING_MS));
    }
  }
}

/** Write to the console; a session that ended meanwhile is renewed by the user and the write repeated. */
export function write<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
  return withSession(() => request<T>(method, path, body));
}

/** Read a file from the console: its content and the name it was given. */
export function getFile(path: string): Promise<{ name: string; content: Blob }> {
  return withSession(async () => {
    const answer = await send("GET", path);
    if (!answer.ok) throw refusalOf(answer, await readBody(answer));
    const named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "");
    return { name: named?.[1] ?? "", content: await overTheLine(answer.blob()) };
  });
}

async function withSession<T>(deed: () => Promise<T>): Promise<T> {
  try {
    return await deed();
  } catch (thrown) {
    if (asApiError(thrown).status !== 401 || !(await doorkeeper.logInAgain())) throw thrown;
    return deed();
  }
}

/** Send one request and read its answer. */
export async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await send(method, path, body);
  const content = await readBody(answer);
  if (answer.ok) return content as T;
  throw refusalOf(answer, content);
}

function refusalOf(answer: Response, content: unknown): ApiError {
  const told = content as { error?: Told; retry_after_s?: number } | null;
  return new ApiError({
    code: answer.status === 401 ? "auth" : "protocol",
    retry_after_s: told?.retry_after_s ?? Number(answer.headers.get("Retry-After") ?? 0),
    ...told?.error,
    status: answer.status,
    request: answer.headers.get("X-Request-Id") ?? undefined,
    told: Boolean(told?.error),
  });
}

function send(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && state.session) headers["X-CSRF-Token"] = state.session.csrf;
  return overTheLine(
    fetch(addressFor(path), {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      cache: "no-store",
      credentials: "same-origin",
    }),
  );
}

async function overTheLine<T>(what: Promise<T>): Promise<T> {
  try {
    return await what;
  } catch {
    throw new ApiError({ code: "network" });
  }
}

async function readBody(answer: Response): Promise<unknown> {
  if (answer.status === 204) return null;
  try {
    return await answer.json();
  } catch {
    return null;
  }
}

/** Log in and keep the session. */
export async function logIn(credentials: Record<string, string>): Promise<Session> {
  const session = await request<Session>("POST", "/api/login", credentials);
  change({ session });
  return session;
}

/** Where a user of an OpenID realm logs in; they come back to the login page with a code. */
export async function openIdAddress(realm: string): Promise<string> {
  return (await request<{ url: string }>("POST", "/api/openid/begin", { realm })).url;
}

/** Log in with what the provider has sent the user back with. */
export async function logInByCode(code: string, state: string): Promise<void> {
  change({ session: await request<Session>("POST", "/api/openid/login", { code, state }) });
}

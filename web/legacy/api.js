/** The console's JSON API: errors are values with a status, a code, a message, and texts for fields. */

import { change, state } from "./store.js";

/** What went wrong with a request, as the console or the network tells it. */
export class ApiError extends Error {
  constructor({
    status = null,
    code = "cluster",
    message = null,
    fields = {},
    retry_after_s = null,
    fingerprint = null,
    kinds = [],
    unknown = false,
    told = false,
    token = null,
    request = null,
  }) {
    super(message ?? code);
    this.status = status;
    this.code = code;
    this.words = message;
    this.fields = fields ?? {};
    this.retryAfterS = retry_after_s;
    this.fingerprint = fingerprint;
    this.kinds = kinds;
    this.unknown = unknown;
    /** The name of the console's own token, where it is refused or lacks a privilege. */
    this.token = token;
    /** The name of the request, by which the console's log tells more. */
    this.request = request;
    /** Whether the console itself said so. */
    this.told = told;
  }
}

/** Asks the user to log in again; resolves to whether they did. Set by session.js. */
export const doorkeeper = { logInAgain: async () => false };

/** Read from the console. */
export function get(path) {
  return request("GET", path);
}

/** Write to the console; a session that ended meanwhile is renewed by the user and the write repeated. */
export function write(method, path, body) {
  return withSession(() => request(method, path, body));
}

/** Read a file from the console: its bytes and the name it was given. */
export function getFile(path) {
  return withSession(async () => {
    const answer = await send("GET", path);
    if (!answer.ok) throw refusalOf(answer, await readBody(answer));
    const named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "");
    return { name: named?.[1] ?? "", content: await readFile(answer) };
  });
}

async function withSession(deed) {
  try {
    return await deed();
  } catch (error) {
    if (error.status !== 401 || !(await doorkeeper.logInAgain())) throw error;
    return deed();
  }
}

/** Send one request and read its answer. */
export async function request(method, path, body) {
  const answer = await send(method, path, body);
  const content = await readBody(answer);
  if (answer.ok) return content;
  throw refusalOf(answer, content);
}

function refusalOf(answer, content) {
  return new ApiError({
    code: answer.status === 401 ? "auth" : "protocol",
    retry_after_s: content?.retry_after_s ?? Number(answer.headers.get("Retry-After") ?? 0),
    ...content?.error,
    status: answer.status,
    told: Boolean(content?.error),
  });
}

async function send(method, path, body) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && state.session) headers["X-CSRF-Token"] = state.session.csrf;
  try {
    return await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      credentials: "same-origin",
    });
  } catch {
    throw new ApiError({ code: "network" });
  }
}

async function readFile(answer) {
  try {
    return await answer.blob();
  } catch {
    throw new ApiError({ code: "network" });
  }
}

async function readBody(answer) {
  if (answer.status === 204) return null;
  try {
    return await answer.json();
  } catch {
    return null;
  }
}

/** Log in and keep the session. */
export async function logIn(credentials) {
  const session = await request("POST", "/api/login", credentials);
  change({ session });
  return session;
}

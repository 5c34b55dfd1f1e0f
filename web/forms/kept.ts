/** A form that was open as its page was left: kept in this tab, and opened again when the page is back. */

import { state, subscribe } from "../core/store.js";

const KEY = "virton.form";

/** What opens a kept form again, by the kind of form. */
type Opener = (kept: never) => void;
const openers = new Map<string, Opener>();

let open: { kind: string; tell: () => object | null } | null = null;

/** Say how a kind of form is opened again from what `keepOpen` was told. */
export function reopensAs<Kept>(kind: string, opener: (kept: Kept) => void): void {
  openers.set(kind, opener as Opener);
}

/** Keep a form while it is open; `tell` answers null where nothing would be lost. Answers what ends it. */
export function keepOpen(kind: string, tell: () => object | null): () => void {
  const own = { kind, tell };
  open = own;
  return () => {
    if (open === own) open = null;
  };
}

/** Open the form that was kept, once the cluster is known; another user's is forgotten. */
export function reopenKept(): void {
  const text = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  if (text === null) return;
  const { kind, user, kept } = JSON.parse(text) as { kind: string; user: string; kept: never };
  const begin = () => {
    if (!state.snapshot || !state.session) return;
    end();
    if (user === state.session.user) openers.get(kind)?.(kept);
  };
  const end = subscribe(begin);
  begin();
}

addEventListener("pagehide", () => {
  const kept = open?.tell();
  if (open && kept && state.session) {
    sessionStorage.setItem(KEY, JSON.stringify({ kind: open.kind, user: state.session.user, kept }));
  }
});

addEventListener("pageshow", (event) => {
  // A page that the browser itself has kept still has its form.
  if (event.persisted) sessionStorage.removeItem(KEY);
});

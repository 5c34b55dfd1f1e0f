/** The last change of each row, with its time, as the console's history has it. */

import { redraw } from "../core/draw.js";
import { askLatest, type Latest } from "../core/history.js";
import { pastShown } from "../core/past.js";
import { consoleNow, state, subscribe } from "../core/store.js";
import { clock, dateTime, has, t } from "../words/i18n.js";

/** Changes that come together are asked for once. */
const AFTER_MS = 2000;
const DAY_S = 86_400;

let latest: Record<string, Latest> = {};
let timer: number | undefined;

async function load(): Promise<void> {
  timer = undefined;
  try {
    latest = await askLatest();
    redraw();
  } catch {
    // Without a history, or without the right to read it, nothing is said.
  }
}

/** Keep the last changes fresh from now on: whenever the page shows something else. */
export function followLatest(): void {
  void load();
  // What nodes use changes all the time: of them only their states count.
  const statesOfNodes = () => (state.snapshot?.nodes ?? []).map((one) => `${one.name} ${one.ha_state} ${one.online}`).join();
  let [nodes, resources] = [statesOfNodes(), state.snapshot?.resources];
  subscribe(() => {
    const now = statesOfNodes();
    if (now === nodes && state.snapshot?.resources === resources) return;
    [nodes, resources] = [now, state.snapshot?.resources];
    timer ??= window.setTimeout(() => void load(), AFTER_MS);
  });
}

/** The last change of a node or resource; of the past nothing is told. */
export function latestOf(whom: string): Latest | undefined {
  return pastShown() === null ? latest[whom] : undefined;
}

/** The same in words: what it was, and when. */
export function latestText(whom: string): string {
  const one = latestOf(whom);
  const key = `kind.${one?.kind}`;
  if (!one || !has(key)) return "";
  const isToday = consoleNow() - one.at / 1000 < DAY_S;
  return `${t(key)} ${isToday ? clock(one.at / 1000) : dateTime(one.at / 1000)}`;
}

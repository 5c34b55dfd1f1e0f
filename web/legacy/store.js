/** The page's one state: the session, the last snapshot, the lab, and the line to the console. */

const listeners = new Set();

/** Read it anywhere; change it only with `change`. */
export const state = {
  session: null,
  snapshot: null,
  lab: null,
  line: "connecting",
  /** performance.now() in ms when the last word came from the console. */
  heardAt: null,
  /** performance.now() in ms when the snapshot came. */
  tookAt: null,
};

/** Call a function after every change, with the state and the names that changed. */
export function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Change parts of the state and tell everyone. */
export function change(parts) {
  Object.assign(state, parts);
  const names = Object.keys(parts);
  for (const listener of [...listeners]) listener(state, names);
}

/** Take a snapshot in, as the newest truth; its resources by their numbers, of whichever type. */
export function receiveSnapshot(told) {
  const now = performance.now();
  const snapshot = { ...told, resources: [...told.resources].sort(byNumber) };
  change({ snapshot, line: "live", heardAt: now, tookAt: now });
}

function byNumber(one, other) {
  return (one.vmid ?? 0) - (other.vmid ?? 0) || (one.sid < other.sid ? -1 : 1);
}

/** Take a sign of life in: the time, and how each part does. */
export function receiveBeat(beat) {
  const next = { line: "live", heardAt: performance.now() };
  if (state.snapshot) {
    const parts = { ...state.snapshot.parts, ...(beat.parts ?? {}) };
    next.snapshot = { ...state.snapshot, now: beat.now ?? state.snapshot.now, parts };
  }
  change(next);
}

/** The console's time now, in Unix seconds, between its messages too. */
export function consoleNow() {
  if (!state.snapshot || state.heardAt === null) return Date.now() / 1000;
  return state.snapshot.now + (performance.now() - state.heardAt) / 1000;
}

/** The cluster's time now, in Unix seconds: what it writes is as old as its own clock says. */
export function clusterNow() {
  const clock = state.snapshot?.cluster.clock;
  if (!clock || clock.now === null) return consoleNow();
  return clock.now + (clock.runs ? (performance.now() - state.tookAt) / 1000 : 0);
}

/** What the cluster's version knows. */
export function features() {
  return state.snapshot?.cluster.features ?? {};
}

/** Whether the user holds a privilege. */
export function may(privilege) {
  return Boolean(state.session?.privileges?.includes(privilege));
}

/** A resource of the snapshot by its id. */
export function resourceOf(sid) {
  return state.snapshot?.resources.find((resource) => resource.sid === sid);
}

/** A guest of the snapshot by its id, under HA or not. */
export function guestOf(sid) {
  return resourceOf(sid) ?? state.snapshot?.guests?.find((guest) => guest.sid === sid);
}

/** A rule of the snapshot by its name. */
export function ruleOf(name) {
  return state.snapshot?.rules.find((rule) => rule.rule === name);
}

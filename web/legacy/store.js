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

/** The version of the page model that the stream told last; a page that was asked for has none. */
let version = null;

const LISTS = {
  nodes: { key: (row) => row.name, compare: byKey((row) => row.name) },
  resources: { key: (row) => row.sid, compare: byNumber },
  guests: { key: (row) => row.sid, compare: byNumber },
  rules: { key: (row) => row.rule, compare: byOrder },
};

/** Take a whole page model in, as the newest truth; its resources by their numbers, of whichever type. */
export function receivePage(page) {
  const now = performance.now();
  version = null;
  const snapshot = { ...page, resources: [...page.resources].sort(byNumber) };
  change({ snapshot, line: "live", heardAt: now, tookAt: now });
}

/** Take in what a stream begins with: the whole, of which the changes are told from now on. */
export function receiveWhole(whole) {
  receivePage(whole.page);
  version = whole.version;
}

/** Take in what has changed; false where it is no change of what we have. */
export function receiveChange(told) {
  if (!state.snapshot || told.since !== version) return false;
  version = told.version;
  const lists = {};
  for (const [name, how] of Object.entries(LISTS)) {
    const [rows, gone] = [told.rows[name] ?? [], told.gone[name] ?? []];
    if (rows.length || gone.length) lists[name] = merged(state.snapshot[name], rows, gone, how);
  }
  const now = performance.now();
  const snapshot = timed({ ...state.snapshot, ...told.fields, ...lists }, told);
  change({ snapshot, line: "live", heardAt: now, tookAt: now });
  return true;
}

/** Take a sign of life in: the time, and how each part does. */
export function receiveBeat(beat) {
  const now = performance.now();
  if (!state.snapshot) change({ line: "live", heardAt: now });
  else change({ snapshot: timed(state.snapshot, beat), line: "live", heardAt: now, tookAt: now });
}

/** A page model at another time. */
function timed(page, { now, parts, clock }) {
  const cluster = clock ? { ...page.cluster, clock } : page.cluster;
  return { ...page, cluster, now: now ?? page.now, parts: { ...page.parts, ...(parts ?? {}) } };
}

/** A list with the rows that changed in their places, those that came among them, and without the gone. */
function merged(list, rows, gone, { key, compare }) {
  const byName = new Map(list.map((row) => [key(row), row]));
  for (const name of gone) byName.delete(name);
  for (const row of rows) byName.set(key(row), row);
  return [...byName.values()].sort(compare);
}

function byNumber(one, other) {
  return (one.vmid ?? 0) - (other.vmid ?? 0) || (one.sid < other.sid ? -1 : 1);
}

function byOrder(one, other) {
  return one.order - other.order || (one.rule < other.rule ? -1 : 1);
}

function byKey(key) {
  return (one, other) => (key(one) < key(other) ? -1 : 1);
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

/** Whether the user may see any guest, and so their names. */
export function seesGuests() {
  return state.session?.sees_guests !== false;
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

/** The page model, as the console tells it. Made by make_model.py: do not edit. */

export interface Address {
  address: string;
  answering: boolean;
  error: Failure | null;
  ok: boolean;
}

export interface Arrival {
  at: number;
  how: "recovered" | "moved";
  origin: string;
}

export interface Beat {
  clock: ClusterTime;
  fresh: boolean;
  now: number;
  parts: Parts;
}

export interface Change {
  clock: ClusterTime;
  fields: Fields;
  fresh: boolean;
  gone: Gone;
  now: number;
  parts: Parts;
  rows: Rows;
  since: number;
  version: number;
}

export interface Cluster {
  addresses: Address[];
  audit: string | null;
  clock: ClusterTime;
  features: Features;
  groups: Group[];
  lab: boolean;
  name: string | null;
  read_only: ReadOnly | null;
  rules_supported: boolean;
  token: ConsoleToken | null;
  unkept: string | null;
  unwatched: boolean;
  version: string | null;
  votes: number | null;
}

export interface ClusterTime {
  now: number | null;
  runs: boolean;
  skew_s: number | null;
}

export interface Conflict {
  against: string[];
  field: string;
  reason: string;
  resources: string[];
  smallest: string[];
  together: string[];
}

export interface ConsoleToken {
  lacks: string[];
  name: string;
  refused: boolean;
}

export interface Failure {
  address?: string | null;
  code: string;
  fields: Record<string, string>;
  fingerprint?: string | null;
  message: string | null;
  retry_after_s?: number | null;
  status: number | null;
  token?: string | null;
}

export interface Features {
  auto_rebalance: boolean;
  disarm: boolean;
  negative_node_affinity: boolean;
  purge: boolean;
  rules: boolean;
}

export interface Fencing {
  armed_state: string;
  resource_mode: string | null;
}

export interface Fields {
  cluster?: Cluster;
  fencing?: Fencing | null;
  master?: Master | null;
  outlook?: Outlook | null;
  quorum?: Quorum | null;
  resources_digest?: string | null;
  rules_digest?: string | null;
}

export interface Gone {
  guests?: string[];
  nodes?: string[];
  resources?: string[];
  rules?: string[];
}

export interface Group {
  comment: string;
  extra: Record<string, unknown>;
  group: string;
  nodes: Priority[];
  nofailback: boolean;
  restricted: boolean;
  rule: Rule | null;
}

export interface Guest {
  name: string | null;
  node: string | null;
  sid: string;
  status: string | null;
  type: string;
  vmid: number;
}

export interface Lrm {
  at: number | null;
  display: string;
  mode: string | null;
  state: string | null;
  watchdog: string | null;
}

export interface Master {
  at: number | null;
  node: string;
  state: string;
}

export interface Node {
  cpu: number | null;
  ha_state: string | null;
  lost: boolean;
  lrm: Lrm | null;
  maxcpu: number | null;
  maxmem: number | null;
  mem: number | null;
  name: string;
  online: boolean;
}

export interface Outlook {
  fresh: boolean;
  number: number;
}

export interface PageModel {
  cluster: Cluster;
  fencing: Fencing | null;
  fresh: boolean;
  guests: Guest[];
  guests_hidden: boolean;
  master: Master | null;
  nodes: Node[];
  now: number;
  outlook: Outlook | null;
  parts: Parts;
  quorum: Quorum | null;
  resources: Resource[];
  resources_digest: string | null;
  rules: Rule[];
  rules_digest: string | null;
}

export interface Part {
  address: string | null;
  age_s: number | null;
  at: number | null;
  error: Failure | null;
  ok: boolean;
  slow_s: number | null;
}

export interface Parts {
  nodes: Part;
  resources: Part;
  rules: Part;
  status: Part;
}

export interface Priority {
  node: string;
  priority: number;
}

export interface Quorum {
  node: string | null;
  ok: boolean;
}

export interface ReadOnly {
  code: "no_quorum";
  message: string | null;
  node: string | null;
}

export interface Repair {
  failed: string[];
  since: number;
  step: "clearing" | "waiting" | "starting" | "failed";
  who: string;
}

export interface Resource {
  arrival: Arrival | null;
  auto_rebalance: boolean | null;
  comment: string;
  configured: boolean;
  crm_state: string | null;
  down: boolean;
  errors: Record<string, string[]>;
  extra: Record<string, unknown>;
  failback: boolean;
  failed_nodes: string[];
  group: string | null;
  guest: string | null;
  last_known: boolean;
  max_relocate: number;
  max_restart: number;
  name: string | null;
  node: string | null;
  repair: Repair | null;
  request_state: string;
  sid: string;
  state: string | null;
  target: string | null;
  type: string;
  vmid: number | null;
}

export interface Rows {
  guests?: Guest[];
  nodes?: Node[];
  resources?: Resource[];
  rules?: Rule[];
}

export interface Rule {
  affinity: string | null;
  comment: string;
  conflicts: Conflict[];
  disabled: boolean;
  errors: Record<string, string[]>;
  extra: Record<string, unknown>;
  nodes: Priority[];
  order: number;
  resources: string[];
  rule: string;
  strict: boolean;
  type: string;
}

export interface Whole {
  page: PageModel;
  version: number;
}

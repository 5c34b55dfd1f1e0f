/** Who is told of incidents, and what of the history is kept. */

import { get } from "./api.js";
import type { Delivery } from "./history.js";

export interface Quiet {
  hours: string;
  zone: string;
  unless: string;
}

/** A recipient as the console shows one: `has` names the secrets that it keeps. */
export interface Recipient {
  name: string;
  to: string | null;
  preset: string;
  body: string | null;
  method: string;
  chat: string;
  language: string;
  least: string;
  zone: string;
  quiet: Quiet | null;
  paused: boolean;
  has: string[];
  fixed: boolean;
  /** Whether its secrets were sealed with another key: they have to be entered again. */
  unreadable?: boolean;
}

export interface MailServer {
  host: string;
  sender: string;
  port: number;
  security: string;
  user: string | null;
  has: string[];
  fixed: boolean;
}

export interface Retention {
  days: number;
  mib: number;
  used_mib: number;
  fixed: boolean;
}

export interface Notify {
  mail: MailServer | null;
  recipients: Recipient[];
  heartbeat: { set: boolean; fixed: boolean };
  presets: string[];
  retention: Retention;
  /** How much room the audit takes, and has. */
  audit: { mib: number; free_mib: number; trouble: string | null } | null;
  deliveries: Delivery[];
}

/** By which way a recipient is reached. */
export type Way = "mail" | "web" | "apprise";

/** The way to a recipient. */
export function wayOf({ has }: Recipient): Way {
  if (has.includes("url")) return "web";
  return has.includes("apprise") ? "apprise" : "mail";
}

/** Ask who is told. */
export function askNotify(): Promise<Notify> {
  return get("/api/notify");
}

/** What happened: happenings and incidents as the console keeps them. */

import { get } from "./api.js";

export interface Happening {
  number: number;
  kind: string;
  whom: string;
  /** Milliseconds: it happened between these, at an instant where they are alike. */
  from: number;
  to: number;
  told: boolean;
  facts: Record<string, unknown>;
  says: string;
  because: string | null;
}

export interface HappeningsPage {
  rows: Happening[];
  after: string | null;
  cluster: string | null;
}

export interface Delivery {
  recipient: string;
  phase: string;
  state: string;
  why: string;
  subject: string;
  attempts: number;
  made: number;
}

export interface Incident {
  number: number;
  key: string;
  says: string;
  weight: "info" | "warning" | "critical";
  began: number;
  ended: number | null;
  affected: string[];
  waiting: string[];
  acknowledged_by: string | null;
  silenced_until: number | null;
  steps: { at: number; says: string }[];
  deliveries: Delivery[];
}

/** Ask for a page of happenings. */
export function askHistory(query: URLSearchParams): Promise<HappeningsPage> {
  return get<HappeningsPage>(`/api/history?${query}`);
}

/** Ask for the newest incidents. */
export function askIncidents(): Promise<{ rows: Incident[]; recipients: string[] }> {
  return get("/api/incidents");
}

/** The forms of the mail server, of the heartbeat, and of what of the history is kept. */

import { html, type TemplateResult } from "lit/html.js";

import { write } from "../core/api.js";
import { redraw } from "../core/draw.js";
import type { MailServer, Retention } from "../core/notify.js";
import { t } from "../words/i18n.js";
import { freshId, openDialog } from "./dialog.js";
import { type Choice, selectField, textField, wholeNumber } from "./fields.js";
import { ToldErrors } from "./told.js";

const SECURITIES = ["starttls", "tls", "none"];

interface FieldOf {
  name: string;
  kind?: "text" | "password" | "number";
  hint?: string;
  isRequired?: boolean;
  choices?: Choice[];
}

interface Small {
  title: string;
  fields: FieldOf[];
  values: Record<string, string>;
  isReady: (values: Record<string, string>) => boolean;
  save: (values: Record<string, string>) => Promise<unknown>;
}

/** A form of a few fields. */
function openSmall({ title, fields, values, isReady, save }: Small, done: () => void): void {
  const told = new ToldErrors();
  const id = freshId("small");
  openDialog({
    title,
    size: "slim",
    body: () => html`${fields.map((one) => fieldView(id, one, values, told))}`,
    submit: { label: t("save") },
    isReady: () => isReady(values),
    isChanged: () => true,
    takeErrors: (wrong) => told.take(wrong, fields.map(({ name }) => name)),
    onSubmit: async () => {
      await save(values);
      done();
    },
  });
}

function fieldView(id: string, { name, choices, ...more }: FieldOf, values: Record<string, string>, told: ToldErrors): TemplateResult {
  const take = (value: string) => {
    values[name] = value;
    told.touch(name);
    redraw();
  };
  const common = { ...more, id: `${id}-${name}`, label: t(`alerts.${name}`), value: values[name] ?? "", error: told.of(name) };
  return choices ? selectField({ ...common, choices, onChange: take }) : textField({ ...common, onInput: take });
}

/** Open the form of the mail server. */
export function openMailServer(now: MailServer | null, done: () => void): void {
  const kept = now?.has.includes("password");
  openSmall(
    {
      title: t("alerts.mail"),
      fields: [
        { name: "host", isRequired: true, hint: t("alerts.host.hint") },
        { name: "port", kind: "number" },
        { name: "security", choices: SECURITIES.map((one): Choice => [one, t(`alerts.security.${one}`)]) },
        { name: "sender", isRequired: true },
        { name: "user" },
        { name: "password", kind: "password", hint: kept ? t("alerts.secret.kept") : "" },
      ],
      values: {
        host: now?.host ?? "",
        port: String(now?.port ?? 25),
        security: now?.security ?? "starttls",
        sender: now?.sender ?? "",
        user: now?.user ?? "",
        password: "",
      },
      isReady: ({ port = "" }) => wholeNumber(port) !== null,
      save: ({ password, host, port, ...rest }) =>
        write("PUT", "/api/notify/mail", host ? { ...rest, host, port: Number(port), ...(password ? { password } : {}) } : {}),
    },
    done,
  );
}

/** Open the form of the heartbeat. */
export function openHeartbeat(done: () => void): void {
  openSmall(
    {
      title: t("alerts.heartbeat"),
      fields: [{ name: "url", kind: "password", hint: t("alerts.heartbeat.hint") }],
      values: { url: "" },
      isReady: () => true,
      save: ({ url }) => write("PUT", "/api/notify/heartbeat", { url }),
    },
    done,
  );
}

/** Open the form of what is kept. */
export function openRetention(now: Retention, done: () => void): void {
  openSmall(
    {
      title: t("alerts.retention"),
      fields: [
        { name: "days", kind: "number" },
        { name: "mib", kind: "number", hint: t("alerts.mib.hint") },
      ],
      values: { days: String(now.days), mib: String(now.mib) },
      isReady: ({ days = "", mib = "" }) => wholeNumber(days) !== null && wholeNumber(mib) !== null,
      save: ({ days, mib }) => write("PUT", "/api/retention", { days: Number(days), mib: Number(mib) }),
    },
    done,
  );
}

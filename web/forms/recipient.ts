/** The form of a recipient: the way, what is told, when not, and in which language. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { write } from "../core/api.js";
import { redraw } from "../core/draw.js";
import { type Recipient, type Way, wayOf } from "../core/notify.js";
import { LOCALE_NAMES } from "../core/preferences.js";
import { note } from "../parts/notes.js";
import { t } from "../words/i18n.js";
import { freshId, openDialog } from "./dialog.js";
import { type Choice, selectField, textField, tickField } from "./fields.js";
import { ToldErrors } from "./told.js";

interface Values {
  name: string;
  way: Way;
  to: string;
  url: string;
  preset: string;
  secret: string;
  chat: string;
  apprise: string;
  language: string;
  least: string;
  hours: string;
  zone: string;
  unless: string;
  paused: boolean;
}
type Name = keyof Values;

const WAYS: Way[] = ["mail", "web", "apprise"];
const WEIGHTS = ["info", "warning", "critical"];

const NEW: Values = {
  name: "",
  way: "mail",
  to: "",
  url: "",
  preset: "slack",
  secret: "",
  chat: "",
  apprise: "",
  language: document.documentElement.lang === "en" ? "en" : "ko",
  least: "warning",
  hours: "",
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "Asia/Seoul",
  unless: "critical",
  paused: false,
};

function valuesOf(one: Recipient): Values {
  const { quiet } = one;
  const times = { hours: quiet?.hours ?? "", zone: quiet?.zone ?? one.zone, unless: quiet?.unless ?? "critical" };
  const plain = { name: one.name, to: one.to ?? "", preset: one.preset, chat: one.chat, language: one.language };
  return { ...NEW, ...plain, ...times, way: wayOf(one), least: one.least, paused: one.paused };
}

/** Open the form; without a recipient it adds one. */
export function openRecipient(one: Recipient | null, presets: string[], done: () => void): void {
  const values = one ? valuesOf(one) : { ...NEW };
  const told = new ToldErrors();
  const id = freshId("recipient");
  const fields = Object.keys(NEW);
  openDialog({
    title: t(one ? "alerts.form.edit" : "alerts.form.add"),
    body: () => view(id, values, told, presets, one),
    submit: { label: t(one ? "save" : "add") },
    isReady: () => values.name.trim() !== "",
    isChanged: () => true,
    takeErrors: (wrong) => told.take(wrong, fields),
    onSubmit: async () => {
      const path = one ? `/api/notify/recipients/${encodeURIComponent(one.name)}` : "/api/notify/recipients";
      await write(one ? "PUT" : "POST", path, bodyOf(values));
      note(t("alerts.saved", { name: values.name }));
      done();
    },
  });
}

/** The form as it is sent; a secret that was left empty stays as it is. */
function bodyOf(values: Values): Record<string, unknown> {
  const { hours, zone, unless, way, url, secret, apprise, to, preset, chat, ...rest } = values;
  const quiet = hours ? { hours, zone, unless } : null;
  const common = { ...rest, way, zone, quiet };
  if (way === "mail") return { ...common, to };
  if (way === "apprise") return { ...common, ...(apprise ? { apprise } : {}) };
  return { ...common, to, preset, chat, ...(url ? { url } : {}), ...(secret ? { secret } : {}) };
}

function view(id: string, values: Values, told: ToldErrors, presets: string[], one: Recipient | null): TemplateResult {
  const take = (name: Name) => (value: string | boolean) => {
    (values as unknown as Record<Name, unknown>)[name] = value;
    told.touch(name);
    redraw();
  };
  const text = (name: Name, more: Partial<Parameters<typeof textField>[0]> = {}) =>
    textField({ id: `${id}-${name}`, label: t(`alerts.${name}`), value: String(values[name]), error: told.of(name), onInput: take(name), ...more });
  const choice = (name: Name, choices: Choice[], more: { hint?: string } = {}) =>
    selectField({ id: `${id}-${name}`, label: t(`alerts.${name}`), value: String(values[name]), choices, error: told.of(name), onChange: take(name), ...more });
  const secret = (name: Name) => {
    const isKept = !one?.unreadable && (one?.has.includes(name) ?? false);
    return text(name, { kind: "password", hint: t(isKept ? "alerts.secret.kept" : `alerts.${name}.hint`), isRequired: !isKept && name !== "secret" });
  };
  const weights = WEIGHTS.map((weight): Choice => [weight, t(`history.weight.${weight}`)]);
  const { way, preset } = values;
  return html`${text("name", { isRequired: true })}
    ${choice("way", WAYS.map((one): Choice => [one, t(`alerts.way.${one}`)]))}
    ${way === "mail" ? text("to", { isRequired: true, hint: t("alerts.to.hint") }) : nothing}
    ${way === "apprise" ? secret("apprise") : nothing}
    ${way === "web" ? html`${choice("preset", presets.map((one): Choice => [one, t(`alerts.preset.${one}`)]))}${secret("url")}${secret("secret")}` : nothing}
    ${way === "web" && preset === "telegram" ? text("chat") : nothing}
    ${way === "web" && preset === "sms" ? text("to", { label: t("alerts.number") }) : nothing}
    ${choice("least", weights)}
    ${choice("language", Object.entries(LOCALE_NAMES))}
    ${text("hours", { placeholder: "22:00-07:00", hint: t("alerts.hours.hint") })}
    ${text("zone")}
    ${values.hours ? choice("unless", weights.slice(1)) : nothing}
    ${tickField({ id: `${id}-paused`, label: t("alerts.paused"), hint: t("alerts.paused.hint"), checked: values.paused, onChange: take("paused") })}`;
}

/** Ask whether a recipient is to be taken away. */
export function openRecipientRemoval({ name }: Recipient, done: () => void): void {
  openDialog({
    title: t("alerts.removal"),
    size: "slim",
    body: () => html`<p><strong>${t("alerts.removal.question", { name })}</strong></p>`,
    submit: { label: t("remove"), tone: "danger" },
    onSubmit: async () => {
      await write("DELETE", `/api/notify/recipients/${encodeURIComponent(name)}`);
      done();
    },
  });
}

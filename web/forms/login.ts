/** The fields of a login, shared by the login page and the dialog over the page. */

import { html, nothing, type TemplateResult } from "lit/html.js";

import { ApiError, asApiError, get, logIn, openIdAddress } from "../core/api.js";
import { drawNow, redraw } from "../core/draw.js";
import { errorView, wordError } from "../words/errors.js";
import { t } from "../words/i18n.js";
import { freshId, openDialog } from "./dialog.js";
import { type Choice, selectField, textField } from "./fields.js";

interface Realm {
  realm: string;
  comment?: string;
  default?: boolean | number;
  /** Whether a password opens it. */
  password?: boolean;
}

type FieldName = "username" | "password" | "otp";

/** A login that is being filled in. */
export class Login {
  readonly #id = freshId("login");
  readonly #values = { username: "", password: "", realm: "pam", otp: "" };
  #realms: Realm[] = [];
  #kinds: string[] | null = null;
  #errors: Partial<Record<FieldName, string>> = {};

  /** `user` presets who logs in. */
  constructor(user = "") {
    const [name, realm] = splitUser(user);
    this.#values.username = name;
    this.#values.realm = realm ?? "pam";
    this.#realms = [{ realm: this.#values.realm }];
    void this.#readRealms(realm);
  }

  /** The fields. */
  view(): TemplateResult {
    const { username, password, realm, otp } = this.#values;
    const choices = this.#realms.map(realmChoice);
    const kinds = this.#kinds ?? ["totp"];
    return html`${textField({
      ...this.#plan("username"),
      value: username,
      autocomplete: "username",
      isHidden: this.#isElsewhere,
      onInput: (value) => this.#mean({ username: value }),
    })}${textField({
      ...this.#plan("password"),
      value: password,
      kind: "password",
      autocomplete: "current-password",
      isHidden: this.#isElsewhere,
      onInput: (value) => (this.#values.password = value),
    })}${selectField({
      id: `${this.#id}-realm`,
      label: t("login.realm"),
      value: realm,
      choices,
      onChange: (value) => this.#mean({ realm: value }),
    })}${this.#isElsewhere ? html`<p class="soft small">${t("login.elsewhere")}</p>` : nothing}${textField({
      ...this.#plan("otp"),
      value: otp,
      autocomplete: "one-time-code",
      inputmode: kinds.every((kind) => kind === "totp") ? "numeric" : "text",
      isHidden: this.#kinds === null,
      hint: this.#kinds === null ? "" : t(codeHint(kinds)),
      onInput: (value) => (this.#values.otp = value),
    })}`;
  }

  /** Whether the chosen realm has its users log in at a provider of its own. */
  get #isElsewhere(): boolean {
    return this.#realms.find(({ realm }) => realm === this.#values.realm)?.password === false;
  }

  #plan(name: FieldName) {
    return { id: `${this.#id}-${name}`, label: t(`login.${name}`), error: this.#errors[name] };
  }

  /** Another account is meant: whether it has a second factor is the cluster's to say. */
  #mean(changed: Partial<{ username: string; realm: string }>): void {
    const isOther = Object.entries(changed).some(
      ([name, value]) => this.#values[name as "username" | "realm"] !== value,
    );
    if (!isOther) return;
    Object.assign(this.#values, changed, { otp: "" });
    this.#kinds = null;
    delete this.#errors.otp;
    redraw();
  }

  async #readRealms(wanted: string | null): Promise<void> {
    let told: (Realm | string)[];
    try {
      const answer = await get<{ realms?: (Realm | string)[] } | (Realm | string)[]>("/api/realms");
      told = Array.isArray(answer) ? answer : (answer?.realms ?? []);
    } catch {
      return;
    }
    const realms = told.map((one) => (typeof one === "string" ? { realm: one } : one));
    const [first] = realms;
    if (!first) return;
    this.#realms = realms;
    const usual = realms.find((one) => one.default) ?? first;
    this.#values.realm = wanted ?? usual.realm;
    redraw();
  }

  /** Put the focus at the field to begin with. */
  focus(name?: FieldName, selects = false): void {
    drawNow();
    const begin = this.#kinds !== null ? "otp" : this.#values.username ? "password" : "username";
    const input = document.getElementById(`${this.#id}-${name ?? begin}`) as HTMLInputElement | null;
    input?.focus();
    if (selects) input?.select();
  }

  /** Log in; says at its field what is missing or wrong there, and throws what belongs to none. */
  async submit(): Promise<boolean> {
    if (this.#isElsewhere) {
      location.assign(await openIdAddress(this.#values.realm));
      return false;
    }
    const missing = this.#findMissing();
    if (missing) {
      this.focus(missing);
      return false;
    }
    try {
      await logIn(this.#credentials());
      return true;
    } catch (thrown) {
      this.#understand(asApiError(thrown));
      return false;
    }
  }

  /** Say at the fields which of them are empty; answers the first. */
  #findMissing(): FieldName | undefined {
    const { username, password, otp } = this.#values;
    const empty: Record<FieldName, boolean> = {
      username: !username.trim().replace(/^@.*/, ""),
      password: !password,
      otp: this.#kinds !== null && !otp.trim(),
    };
    const names = (Object.keys(empty) as FieldName[]).filter((name) => empty[name]);
    this.#errors = Object.fromEntries(names.map((name) => [name, t(`login.no_${name}`)]));
    return names[0];
  }

  #credentials(): Record<string, string> {
    const { username, password, realm, otp } = this.#values;
    const code = this.#kinds === null ? "" : otp.trim();
    // Whether what follows an @ is a realm or belongs to the name is the console's to know.
    return { username: username.trim(), password, realm, ...(code ? { otp: code } : {}) };
  }

  /** A login that was refused: the second factor is asked for, or wrong, or the rest does not fit. */
  #understand(error: ApiError): void {
    if (error.code === "second_factor") {
      if (error.fields.otp === "wrong") this.#errors.otp = t("login.otp.wrong");
      else this.#kinds = error.kinds.length ? error.kinds : ["totp"];
      this.focus("otp", true);
      return;
    }
    if (error.status !== 401 || error.code === "second_factor_kind") throw error;
    this.focus("password", true);
    throw new ApiError({ status: 401, code: "login" });
  }
}

/** A realm to choose; one whose users log in elsewhere says so. */
function realmChoice({ realm, comment, password }: Realm): Choice {
  const line = comment ? `${realm} · ${comment}` : realm;
  return [realm, password === false ? t("login.realm.elsewhere", { realm: line }) : line];
}

function codeHint(kinds: string[]): string {
  if (!kinds.includes("totp")) return "error.second_factor";
  return kinds.includes("recovery") ? "login.otp.hint.recovery" : "login.otp.hint";
}

/** "root@pam" as name and realm. */
function splitUser(user: string): [name: string, realm: string | null] {
  const at = user.lastIndexOf("@");
  return at < 0 ? [user, null] : [user.slice(0, at), user.slice(at + 1)];
}

/** A login that failed. */
export function loginErrorView(error: ApiError): TemplateResult {
  const isPlain = error.status === 401 || error.status === 429;
  return isPlain ? html`<span>${wordError(error)}</span>` : errorView(error);
}

/** Ask for a login over the page; resolves to whether there was one. */
export function askForLogin(user: string): Promise<boolean> {
  return new Promise((resolve) => {
    let isLoggedIn = false;
    const login = new Login(user);
    openDialog({
      title: t("login.again"),
      size: "slim",
      kind: "login-dialog",
      body: () => html`<p class="soft">${t("login.again.why")}</p>${login.view()}`,
      submit: { label: t("login.submit") },
      onSubmit: async () => {
        isLoggedIn = await login.submit();
        return isLoggedIn;
      },
      onClose: () => resolve(isLoggedIn),
    });
    login.focus();
  });
}

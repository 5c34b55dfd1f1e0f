/** The fields of a login, shared by the login page and the dialog over the page. */

import { ApiError, get, logIn } from "./api.js";
import { h, setShown } from "./dom.js";
import { errorNodes, wordError } from "./errors.js";
import { makeField, makeSelect } from "./fields.js";
import { t } from "./i18n.js";

/** Make the fields; `user` presets who logs in. */
export function makeLoginFields(user = "") {
  const [name, realm] = splitUser(user);
  const fields = {
    username: makeField({
      label: t("login.username"),
      control: h("input", {
        type: "text",
        autocomplete: "username",
        autocapitalize: "none",
        spellcheck: "false",
        value: name,
      }),
    }),
    password: makeField({
      label: t("login.password"),
      control: h("input", { type: "password", autocomplete: "current-password" }),
    }),
    realm: makeField({ label: t("login.realm"), control: makeSelect([["pam", "pam"]], "pam") }),
    otp: makeField({
      label: t("login.otp"),
      hint: t("login.otp.hint"),
      control: h("input", { type: "text", inputmode: "numeric", autocomplete: "one-time-code" }),
    }),
  };
  setShown(fields.otp.root, false);
  fillRealms(fields.realm.control, realm);
  return fields;
}

/** "root@pam" as name and realm. */
function splitUser(user) {
  const at = user.lastIndexOf("@");
  return at < 0 ? [user, null] : [user.slice(0, at), user.slice(at + 1)];
}

async function fillRealms(select, wanted) {
  let realms;
  try {
    const answer = await get("/api/realms");
    realms = Array.isArray(answer) ? answer : (answer?.realms ?? []);
  } catch {
    return;
  }
  const known = realms.map((one) => (typeof one === "string" ? { realm: one } : one));
  if (!known.length) return;
  select.replaceChildren(...known.map((one) => h("option", { value: one.realm }, realmLine(one))));
  select.value = wanted ?? known.find((one) => one.default)?.realm ?? known[0].realm;
}

function realmLine({ realm, comment }) {
  return comment ? `${realm} · ${comment}` : realm;
}

/** Log in with what the fields hold; says at the fields what is missing and throws. */
export async function submitLogin(fields) {
  const [username, named] = splitUser(fields.username.control.value.trim());
  const password = fields.password.control.value;
  fields.username.setError(username ? null : t("login.no_username"));
  fields.password.setError(password ? null : t("login.no_password"));
  const missing = [fields.username, fields.password].find((field) => !field.control.value.trim());
  if (missing) {
    missing.control.focus();
    return null;
  }
  const otp = fields.otp.control.value.trim();
  const credentials = { username, password, realm: named ?? fields.realm.control.value };
  try {
    return await logIn(otp ? { ...credentials, otp } : credentials);
  } catch (error) {
    throw understand(error, fields);
  }
}

/** A login that was refused: ask for the second factor, or say that name and password do not fit. */
function understand(error, fields) {
  if (error.code === "second_factor") {
    setShown(fields.otp.root, true);
    fields.otp.control.focus();
    return new ApiError({ status: 401, code: "second_factor" });
  }
  if (error.status !== 401) return error;
  fields.password.control.select();
  return new ApiError({ status: 401, code: "login" });
}

/** Text nodes for a login that failed. */
export function loginErrorNodes(error) {
  return error.status === 401 || error.status === 429
    ? [h("span", {}, wordError(error))]
    : errorNodes(error);
}

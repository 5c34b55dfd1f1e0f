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
    realm: makeField({ label: t("login.realm"), control: realmSelect(realm ?? "pam") }),
    otp: makeCodeField(),
  };
  for (const { control } of [fields.username, fields.realm]) {
    control.addEventListener("input", () => putCodeAway(fields.otp));
  }
  fillRealms(fields.realm.control, realm);
  return fields;
}

/** Make the fields anew, as in another language, with what was typed into those before. */
export function remakeLoginFields(before) {
  const fields = makeLoginFields(`${before.username.control.value}@${before.realm.control.value}`);
  fields.password.control.value = before.password.control.value;
  if (!before.otp.root.hidden) {
    askForCode(fields.otp, before.otp.root.dataset.kinds.split(" "));
    fields.otp.control.value = before.otp.control.value;
  }
  return fields;
}

/** The field of the second factor, which stays away until it is asked for. */
function makeCodeField() {
  const control = h("input", {
    type: "text",
    autocomplete: "one-time-code",
    autocapitalize: "none",
    spellcheck: "false",
  });
  const field = makeField({ label: t("login.otp"), control });
  field.root.querySelector(".field-error").setAttribute("role", "alert");
  setShown(field.root, false);
  return field;
}

/** Show the field of the second factor, for the kinds that the cluster takes. */
function askForCode(field, kinds) {
  const digitsOnly = kinds.every((kind) => kind === "totp");
  field.control.inputMode = digitsOnly ? "numeric" : "text";
  field.root.dataset.kinds = kinds.join(" ");
  field.setHint(t(codeHint(kinds)));
  setShown(field.root, true);
  field.control.focus();
}

function codeHint(kinds) {
  if (!kinds.includes("totp")) return "error.second_factor";
  return kinds.includes("recovery") ? "login.otp.hint.recovery" : "login.otp.hint";
}

/** Another account is meant: whether it has a second factor is the cluster's to say. */
function putCodeAway(field) {
  field.control.value = "";
  field.setError(null);
  setShown(field.root, false);
}

/** "root@pam" as name and realm. */
function splitUser(user) {
  const at = user.lastIndexOf("@");
  return at < 0 ? [user, null] : [user.slice(0, at), user.slice(at + 1)];
}

/** A select with the one realm that is known before the cluster has told its realms. */
function realmSelect(realm) {
  return makeSelect([[realm, realm]], realm);
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
  select.replaceChildren(...known.map(realmOption));
  const open = known.filter((one) => one.password !== false);
  select.value = wanted ?? open.find((one) => one.default)?.realm ?? (open[0] ?? known[0]).realm;
}

/** A realm to choose; one that no password opens is there to be seen, and to say so. */
function realmOption({ realm, comment, password }) {
  const line = comment ? `${realm} · ${comment}` : realm;
  if (password !== false) return h("option", { value: realm }, line);
  return h("option", { value: realm, disabled: true }, t("login.realm.no_password", { realm: line }));
}

/** Log in; says at its field what is missing or wrong there, and throws what belongs to none. */
export async function submitLogin(fields) {
  const missing = findMissing(fields);
  if (missing) {
    missing.control.focus();
    return null;
  }
  try {
    return await logIn(credentialsOf(fields));
  } catch (error) {
    return understand(error, fields);
  }
}

/** Say at the fields which of them are empty; answers the first. */
function findMissing({ username, password, otp }) {
  const empty = {
    username: !username.control.value.trim().replace(/^@.*/, ""),
    password: !password.control.value,
    otp: !otp.root.hidden && !otp.control.value.trim(),
  };
  username.setError(empty.username ? t("login.no_username") : null);
  password.setError(empty.password ? t("login.no_password") : null);
  otp.setError(empty.otp ? t("login.no_otp") : null);
  return (empty.username && username) || (empty.password && password) || (empty.otp && otp) || null;
}

function credentialsOf({ username, password, realm, otp }) {
  const code = otp.root.hidden ? "" : otp.control.value.trim();
  return {
    // Whether what follows an @ is a realm or belongs to the name is the console's to know.
    username: username.control.value.trim(),
    password: password.control.value,
    realm: realm.control.value,
    ...(code ? { otp: code } : {}),
  };
}

/** A login that was refused: the second factor is asked for, or wrong, or the rest does not fit. */
function understand(error, { password, otp }) {
  if (error.code === "second_factor" && error.fields.otp === "wrong") {
    otp.setError(t("login.otp.wrong"));
    otp.control.focus();
    otp.control.select();
    return null;
  }
  if (error.code === "second_factor") {
    askForCode(otp, error.kinds.length ? error.kinds : ["totp"]);
    return null;
  }
  if (error.status !== 401 || error.code === "second_factor_kind") throw error;
  password.control.select();
  throw new ApiError({ status: 401, code: "login" });
}

/** Text nodes for a login that failed. */
export function loginErrorNodes(error) {
  return error.status === 401 || error.status === 429
    ? [h("span", {}, wordError(error))]
    : errorNodes(error);
}

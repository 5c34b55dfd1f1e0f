/** The HA page: speaks, finds the session, draws the parts and keeps them in step with the console. */

import { doorkeeper, get } from "./api.js";
import { allow, setAttribute, setShown, setText } from "./dom.js";
import { openSnapshotFile } from "./forms/snapshot-file.js";
import { ago, speak, speakTheOther, t } from "./i18n.js";
import { fillLegends } from "./legends.js";
import { makeLab } from "./parts/lab.js";
import { makeResourcesPart } from "./parts/resources.js";
import { makeRulesPart } from "./parts/rules.js";
import { makeStatusPart } from "./parts/status.js";
import * as preferences from "./preferences.js";
import { watchScrolling } from "./scrolling.js";
import { keepDoor, logOut } from "./session.js";
import { nameColumns } from "./stacking.js";
import { change, may, state, subscribe } from "./store.js";
import { connect, lineAfter, tryAgain, watch } from "./stream.js";

const find = (selector) => document.querySelector(selector);

async function start() {
  await speak(preferences.locale());
  const parts = [
    makeStatusPart(find("#status")),
    makeResourcesPart(find("#resources")),
    makeRulesPart(find("#rules")),
  ];
  const lab = makeLab(find("#lab"));
  const draw = (names = []) => {
    for (const part of parts) part.update();
    lab.update(names);
    drawTop();
  };
  subscribe((_state, names) => draw(names));
  wireTop(draw);
  word();
  watchScrolling(document);
  keepDoor();
  draw();
  setInterval(() => {
    for (const part of parts) part.tick();
    drawLine();
  }, 1000);
  await enter();
}

/** Put the page's language where it is needed beside the catalogue's own places. */
function word() {
  fillLegends();
  for (const table of document.querySelectorAll("table.stacks")) nameColumns(table);
}

/** Find the session, or go and get one. */
async function enter() {
  try {
    change({ session: await get("/api/session") });
  } catch (error) {
    if (error.status === 401) return location.assign("/login");
    change({ line: lineAfter(error) });
  }
  watch();
  return connect();
}

function wireTop(draw) {
  find("#reconnect").addEventListener("click", tryAgain);
  find("#logout").addEventListener("click", logOut);
  find("#login-again").addEventListener("click", async () => {
    await doorkeeper.logInAgain();
  });
  find("#capture").addEventListener("click", openSnapshotFile);
  find("#theme").addEventListener("click", () => {
    preferences.setTheme(preferences.theme() === "dark" ? "light" : "dark");
    drawTop();
  });
  find("#locale").addEventListener("click", async () => {
    await speakTheOther();
    word();
    draw();
  });
}

function drawTop() {
  const { session, snapshot } = state;
  const cluster = snapshot?.cluster;
  setText(
    find("#cluster"),
    cluster ? [cluster.name, cluster.version].filter(Boolean).join(" · ") : "",
  );
  setText(find("#user"), session?.user ?? "");
  setShown(find("#logout"), Boolean(session));
  const blind = Boolean(session) && !may("Sys.Audit");
  allow(find("#capture"), Boolean(session) && !blind, blind ? find("#capture-forbidden") : null);
  setText(find("#theme-name"), t(preferences.theme() === "dark" ? "top.light" : "top.dark"));
  const other = preferences.locale() === "ko" ? "en" : "ko";
  setText(find("#locale"), other === "en" ? "English" : "한국어");
  setAttribute(find("#locale"), "lang", other);
  drawLine();
}

/** The line to the console: live, lost and since when, deaf with the cluster, or ended with the session. */
function drawLine() {
  const { line, heardAt } = state;
  find("#line").dataset.state = line;
  setText(find("#line"), t(`line.${line}`));
  const banner = find("#line-lost");
  setShown(banner, line === "lost" || line === "deaf");
  setShown(find("#line-ended"), line === "ended");
  if (line === "deaf") {
    setText(banner.children[0], t("line.deaf.banner"));
    setText(banner.children[1], "");
  }
  if (line !== "lost") return;
  const since = heardAt === null ? "" : ago((performance.now() - heardAt) / 1000);
  setText(banner.children[0], t(since ? "line.lost.banner" : "line.lost.first"));
  setText(banner.children[1], since ? t("line.lost.since", { ago: since }) : "");
}

start();

// The clock, the weather, the bot's process, light and dark.

import { attempt, byId, h, post, sure, toast } from "./dom.js";
import { clock, dayAndHour, full } from "./time.js";

const MOVES = [
  ["quarter", "+15 min"], ["hour", "+1 h"], ["next", "Next thing"],
  ["morning", "Tomorrow 09:00"], ["change", "Clocks change"],
];
const HELP = {
  next: "To the next moment at which somebody gets a message",
  change: "To 00:30 of the next night in which the clocks change",
};

let state = null;

export const move = (to) => attempt(() => post("/practice/clock", { to }));

export function buildControls(begin) {
  const pause = h("button", { type: "button", id: "pause", "aria-pressed": "false", onclick: () =>
    attempt(() => post("/clock", { mode: clock.runs ? "frozen" : "running", wait: 0 })) }, "Pause");
  byId("moves").replaceChildren(
    ...MOVES.map(([to, label]) => h("button", {
      type: "button", "data-move": to, title: HELP[to] ?? "", onclick: () => move(to),
    }, label)), pause,
    h("button", { type: "button", id: "stop", class: "strong", hidden: true, onclick: () => move("stop") }, "Stop"));
  byId("reset").addEventListener("click", async () => {
    const yes = await sure("Begin again?", "Every case, message and fact of this practice is thrown away.", "Begin again");
    if (yes) begin(state?.night?.id ?? "");
  });
  byId("theme").addEventListener("click", () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
    document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
    localStorage.setItem("theme", document.documentElement.dataset.theme);
  });
  const kept = localStorage.getItem("theme");
  if (kept) document.documentElement.dataset.theme = kept;
  setInterval(showTime, 500);
  document.addEventListener("pointerdown", (event) => {
    for (const open of document.querySelectorAll("#weather[open], .owner details[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const open = document.querySelector("#weather[open], .owner details[open]");
    if (event.key === "Escape" && open) { open.open = false; open.querySelector("summary").focus(); }
  });
}

export function showTime() {
  const now = clock.now();
  byId("now").textContent = full(now);
  byId("now").setAttribute("datetime", now.toISOString());
}

export function showMoving(to) {
  byId("stop").hidden = !to;
  byId("stop").textContent = to ? `Stop (going to ${dayAndHour(to)})` : "Stop";
  for (const button of document.querySelectorAll("#moves button:not(#stop)")) button.disabled = Boolean(to);
}

export function showClock(document_) {
  clock.take(document_);
  showTime();
  byId("pause").textContent = clock.runs ? "Pause" : "Go on";
  byId("pause").setAttribute("aria-pressed", String(!clock.runs));
}

function toggle(label, help, on, turn, available = true) {
  return h("button", {
    type: "button", role: "switch", "aria-checked": String(on), disabled: !available, onclick: turn,
  }, label, h("span", {}, help));
}

export function showPractice(practice) {
  state = practice;
  showClock(practice.clock);
  showMoving(practice.moving_to);
  const focused = [...byId("switches").children].indexOf(document.activeElement);
  const killed = !practice.bot.running;
  byId("switches").replaceChildren(
    ...practice.switches.map((s) => toggle(s.label, s.help, s.on, () =>
      attempt(() => post("/practice/weather", { switch: s.name, on: !s.on })), s.available !== false)),
    toggle("The bot is killed", "As by a power cut; switch back to start it again.", killed, async () => {
      if (await attempt(() => post(killed ? "/practice/bot/start" : "/practice/bot/kill"))) {
        toast(killed ? "The bot is running again." : "The bot was killed.");
      }
    }));
  if (focused >= 0) byId("switches").children[focused]?.focus();
  const bad = practice.switches.filter((s) => s.on).length + (killed ? 1 : 0);
  byId("weather-count").hidden = !bad;
  byId("weather-count").textContent = String(bad);
  byId("weather-count").setAttribute("aria-label", `${bad} on`);
}

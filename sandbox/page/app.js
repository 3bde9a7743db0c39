// The page: phones, clock, guide and what the bot knows, kept up to date by one stream of events.

import { attempt, byId, get, h, post, toast } from "./dom.js";
import { buildControls, showClock, showMoving, showPractice } from "./controls.js";
import { forget, showKnows } from "./knows.js";
import { debrief, showGuide, useNames } from "./guide.js";
import { Phone } from "./phone.js";

const VIEWS = [["phone", "Phone"], ["guide", "Guide"], ["knows", "Bot knows"]];
const SIZES = [[1560, 3], [820, 2], [0, 1]];
let practice = null;
let service = { names: {}, homes: {} };
let phones = [];
let wanted = [];

const columns = () => SIZES.find(([width]) => innerWidth >= width)[1];

function layPhones() {
  const count = columns();
  if (phones.length === count && phones.every((p, i) => p.user === wanted[i])) return;
  phones = wanted.slice(0, count).map((user, i) => {
    const phone = phones[i] ?? new Phone(practice.people, user, () => { wanted = phones.map((p) => p.user).concat(wanted.slice(phones.length)); });
    if (phone.user !== user) phone.choose(user);
    return phone;
  });
  byId("phones").replaceChildren(...phones.map((p) => p.node));
}

function choosePhones(ids) {
  const users = ids.map((id) => practice.people.find((p) => p.id === id)?.user).filter(Boolean);
  const rest = practice.people.map((p) => p.user).filter((user) => !users.includes(user));
  wanted = [...users, ...rest];
  layPhones();
}

function show(view) {
  document.body.dataset.view = view;
  for (const button of byId("views").children) button.setAttribute("aria-pressed", String(button.dataset.view === view));
}

/** Many calls in a moment become one a moment later: a moving clock tells a lot at once. */
function calm(work, milliseconds) {
  let asked = false;
  return async () => {
    if (asked) return;
    asked = true;
    await new Promise((done) => { setTimeout(done, milliseconds); });
    asked = false;
    await work();
  };
}

const refresh = calm(async () => {
  const found = await attempt(() => get("/practice"));
  if (!found) return;
  practice = found;
  showPractice(practice);
  showGuide(practice, begin);
}, 60);

const learn = calm(async () => {
  const knows = await attempt(() => get("/practice/knows"));
  if (knows) showKnows(knows, service);
}, 60);

async function begin(night) {
  toast(night ? "Getting the night ready …" : "Beginning again …");
  const found = await attempt(() => post("/practice/begin", { night }));
  if (!found) return;
  choosePhones(found.night?.phones ?? ["morgan", "robin", "sasha"]);
  show("guide");
}

function take(event) {
  if (event.kind === "clock") { showClock(event.clock); if (practice?.night) refresh(); }
  else if (event.kind === "moving") { showMoving(event.to); refresh(); }
  else if (event.kind === "knows") { learn(); if (practice?.night) refresh(); }
  else if (event.kind === "practice" || event.kind === "weather") refresh();
  else if (event.kind === "reset") { forget(); learn(); refresh(); }
  for (const phone of phones) phone.take(event);
}

function follow() {
  const stream = new EventSource("/human/stream");
  let broken = false;
  stream.onmessage = (message) => take(JSON.parse(message.data));
  stream.onerror = () => {
    if (!broken) toast("The sandbox does not answer. Is it still running?", 8);
    broken = true;
  };
  stream.onopen = () => {
    if (broken) { for (const phone of phones) phone.load(); refresh(); learn(); }
    broken = false;
  };
}

async function start() {
  practice = await get("/practice");
  service = { names: Object.fromEntries(practice.people.map((p) => [p.id, p.name])), homes: practice.homes };
  service.names.nightlight = "Nightlight";
  useNames(service);
  byId("views").replaceChildren(...VIEWS.map(([view, label]) => h("button", { type: "button", "data-view": view, onclick: () => show(view) }, label)));
  show("phone");
  buildControls(begin);
  byId("debrief-open").addEventListener("click", debrief);
  follow();
  showPractice(practice);
  showGuide(practice, begin);
  choosePhones(practice.night?.phones ?? ["morgan", "robin", "sasha"]);
  addEventListener("resize", layPhones);
  await learn();
  document.body.dataset.ready = "yes";
}

start().catch((error) => toast(error.message, 60));

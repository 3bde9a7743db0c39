// Guided nights: choose one, be led through it, and look back at the end.

import { attempt, byId, fill, get, h } from "./dom.js";
import { move } from "./controls.js";
import { dutyTable, unrecorded } from "./knows.js";
import { dayAndHour } from "./time.js";

const MARKS = { yes: ["✓", "good", "yes"], no: ["✗", "bad", "no"], "not yet": ["…", "warn", "not yet"] };

export function showGuide(practice, begin) {
  byId("guide").className = "card";
  fill(byId("guide"), practice.night ? steps(practice.night, begin) : chooser(practice.nights, begin));
}

function chooser(nights, begin) {
  return [
    h("h2", { id: "guide-title" }, "Guided nights"),
    h("p", { class: "dim" }, "Play one, or just try: tap Start and Report missing on a phone."),
    h("ul", { class: "nights" }, nights.map((night) => h("li", {}, h("button", {
      type: "button", "data-night": night.id, onclick: () => begin(night.id),
    }, h("strong", {}, night.title), h("span", { class: "small dim" }, night.teaches))))),
  ];
}

function steps(night, begin) {
  const current = night.steps.findIndex((step) => !step.done);
  const last = current < 0 ? night.steps.length - 1 : current - 1;
  const step = (s, i) => h("li", { class: s.done ? "done" : i === current ? "now" : null, "aria-current": i === current ? "step" : null },
    h("div", {}, h("span", { class: "unseen" }, s.done ? "Done: " : ""), s.do,
      s.notice && (i === current || i === last) ? h("p", { class: "notice" }, `Notice: ${s.notice}`) : null,
      s.go_to && i === current ? h("button", { type: "button", class: "go", onclick: () => move(s.go_to) }, `Go to ${dayAndHour(s.go_to)}`) : null));
  return [
    h("div", { class: "row" }, h("h2", { id: "guide-title" }, night.title),
      h("button", { type: "button", onclick: () => begin("") }, "Leave this night")),
    h("p", {}, night.situation),
    h("ol", { class: "steps" }, night.steps.map(step)),
    current < 0 ? h("p", { class: "good" }, "All done. ", h("button", { type: "button", class: "strong", onclick: debrief }, "Look back: debrief")) : null,
  ];
}

let service = { names: {} };
export const useNames = (known) => { service = known; };

export async function debrief() {
  const found = await attempt(() => get("/practice/debrief"));
  if (!found) return;
  const dialog = byId("debrief");
  fill(dialog, 
    h("div", { class: "row" }, h("h2", { id: "debrief-title" }, `Debrief: ${found.title}`),
      h("button", { type: "button", onclick: () => print() }, "Print"),
      h("button", { type: "button", onclick: () => dialog.close() }, "Close")),
    found.teaches ? h("p", {}, found.teaches) : null,
    found.findings.length ? h("ul", { class: "findings" }, found.findings.map(finding)) : null,
    ...found.cases.flatMap(showCase),
    found.as_of ? h("p", { class: "small dim" }, `As the bot knew it ${dayAndHour(found.as_of)}.`) : null,
    found.cases.length ? null : h("p", { class: "dim" }, "Nothing was logged."));
  if (!dialog.open) dialog.showModal();
}

function finding(f) {
  const [mark, kind, words] = MARKS[f.verdict];
  return h("li", {}, h("span", { class: kind }, h("span", { "aria-hidden": "true" }, `${mark} `), h("span", { class: "unseen" }, `${words}: `)),
    f.text, f.detail ? h("span", { class: kind }, ` — ${f.detail}`) : null,
    f.source ? h("span", { class: "source" }, ` (${f.source})`) : null);
}

function showCase(found) {
  const drawn = new DOMParser().parseFromString(found.picture, "image/svg+xml").documentElement;
  const late = found.duties.filter((d) => d.late_minutes);
  const duties = found.duties.filter((d) => d.state !== "open" || d.late_minutes);
  return [
    h("h3", {}, `${found.ref} · highest level ${found.level.peak}`),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Timeline of ${found.ref}` }, document.importNode(drawn, true)),
    h("p", { class: "small dim" }, "◆ due  ● done. Long empty stretches are drawn shorter. ",
      h("a", { href: `/practice/debrief/${encodeURIComponent(found.ref)}.svg`, download: `${found.ref}.svg` }, "Save the picture")),
    h("p", {}, late.length ? `Late: ${late.map((d) => d.title).join(", ")}.` : "Nothing was late."),
    unrecorded(found.unrecorded, found.closed),
    duties.length ? dutyTable(duties, service.names) : null,
  ];
}

// What the bot knows: cases with level and reasons, duties, what comes next, and the facts as written.

import { byId, fill, h } from "./dom.js";
import { clock, dayAndHour, span } from "./time.js";

const HIDDEN = new Set(["kind", "id", "by", "recorded_at", "digest"]);
const STATES = { open: "open", met: "done", decided: "decided against", not_met: "not recorded", not_needed: "not needed" };
let seen = new Map();
let opened = new Set();

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export function dutyRow(duty, names) {
  const since = Math.floor((clock.now().getTime() - Date.parse(duty.due_at)) / 60000);
  const late = duty.state === "open" ? Math.max(0, since) : duty.late_minutes;
  const decided = duty.state === "decided";
  const met = duty.state === "met" || decided;
  const over = duty.state === "open" && Date.parse(duty.due_at) <= clock.now().getTime();
  const words = met
    ? `${decided ? "decided against" : "done"} ${dayAndHour(duty.met_at)}${duty.met_by ? `, ${names[duty.met_by] ?? duty.met_by}` : ""}`
    : over ? "overdue" : STATES[duty.state];
  const kind = duty.state === "not_met" || over || (met && late) ? "bad" : met ? "good" : "dim";
  const has = duty.owner ? ` · ${names[duty.owner] ?? duty.owner} has it` : "";
  return h("tr", {}, h("td", {}, duty.title), h("td", {}, dayAndHour(duty.due_at)),
    h("td", { class: kind }, `${words}${late && duty.state !== "not_needed" ? ` (${span(late)} late)` : ""}${has}`),
    h("td", { class: "source" }, duty.source));
}

export function dutyTable(duties, names) {
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Duties" }, h("table", {},
    h("thead", {}, h("tr", {}, ["Duty", "Due", "Stands", "Source"].map((t) => h("th", { scope: "col" }, t)))),
    h("tbody", {}, duties.map((d) => dutyRow(d, names)))));
}

/** What the record does not have: an answer nobody gave, a duty nobody recorded. */
export function unrecorded(found, closed) {
  if (!found.length) return null;
  return h("p", { class: "small unrecorded" }, h("strong", {}, closed ? "Never recorded: " : "Not on record yet: "), `${found.join("; ")}.`);
}

function value(found) {
  if (Array.isArray(found)) return found.join(", ");
  if (found && typeof found === "object") {
    return Object.entries(found).map(([k, v]) => `${k}=${value(v)}`).join(" ");
  }
  const text = String(found);
  return /^\d{4}-\d\d-\d\dT/.test(text) ? dayAndHour(text) : text;
}

function fact(entry, names, isNew) {
  const rest = Object.entries(entry).filter(([key]) => !HIDDEN.has(key));
  return h("li", { class: isNew ? "new" : null },
    `${entry.id} `, h("b", {}, entry.kind), ` ${rest.map(([k, v]) => `${k}: ${value(v)}`).join(" · ")}`,
    h("span", { class: "dim" }, ` — ${names[entry.by] ?? entry.by}, ${dayAndHour(entry.recorded_at)}, chain ${entry.digest}`));
}

function section(ref, name, title, inside) {
  const key = `${ref}/${name}`;
  return h("details", {
    open: opened.has(key),
    ontoggle: (event) => (event.currentTarget.open ? opened.add(key) : opened.delete(key)),
  }, h("summary", {}, title), inside);
}

function showCase(episode, service) {
  const { names, homes } = service;
  const before = seen.get(episode.ref) ?? episode.facts.length;
  const start = Date.parse(episode.start);
  const end = episode.end ? Date.parse(episode.end) : clock.now().getTime();
  const kind = episode.closed_at ? "closed" : episode.end ? "back" : episode.missing ? "missing" : "away, whereabouts known";
  const level = episode.level;
  const notes = [`computed ${level.computed}`, `highest ${level.peak}`];
  if (level.why !== "computed") notes.push(level.why.replaceAll("_", " "));
  const deciding = episode.reasons.filter((r) => r.decides);
  const others = episode.reasons.filter((r) => !r.decides);
  const reason = (r) => h("li", { class: r.decides ? "decides" : null }, r.text, " ",
    h("span", { class: "source" }, `${r.id}${r.source ? ` · ${r.source}` : ""}`));
  const now = episode.duties.filter((d) => d.state !== "not_needed");
  const node = h("article", { class: "case", "aria-label": `Case ${episode.ref}` },
    h("div", { class: "row" }, h("h3", {}, `${episode.ref} · ${capital(kind)}`),
      h("span", { class: `level level-${level.shown}` }, `Level ${level.shown}`),
      h("span", { class: "dim small" }, notes.join(", "))),
    h("p", { class: "dim small" }, `${homes[episode.home] ?? episode.home} · ${episode.person || "not on the list"}${episode.name ? ` · ${episode.name}` : ""} · away ${span(Math.max(0, Math.floor((end - start) / 60000)))}`),
    h("ul", { class: "reasons" }, deciding.map(reason)),
    others.length ? section(episode.ref, "why", `${others.length} more that apply`, h("ul", { class: "reasons" }, others.map(reason))) : null,
    now.length ? dutyTable(now, names) : null,
    unrecorded(episode.unrecorded, episode.closed_at),
    episode.reminders.length ? h("p", { class: "small" }, h("strong", {}, "Comes next: "), episode.reminders.slice(0, 3)
      .map((r) => `${dayAndHour(r.at)} ${r.about}${r.to ? ` → ${names[r.to] ?? r.to}` : ""}`).join("; ")) : null,
    section(episode.ref, "facts", `${episode.facts.length} facts as written`, h("ol", { class: "facts" },
      episode.facts.map((f, i) => fact(f, names, i >= before)).reverse())));
  seen.set(episode.ref, episode.facts.length);
  return node;
}

export function showKnows(knows, service) {
  const { names } = service;
  const waiting = knows.waiting.map((m) => `${m.kind} for ${names[m.to] ?? m.to}`);
  const drafts = knows.drafts.map((d) => `${names[d.owner] ?? d.owner}: ${d.kind}${d.episode ? ` ${d.episode}` : ""}, ${d.answered.length} answered, not saved yet`);
  const episodes = [...knows.episodes].reverse();
  byId("knows").className = "card";
  fill(byId("knows"), 
    h("h2", { id: "knows-title" }, "What the bot knows"),
    knows.next_at ? h("p", { class: "dim small" }, `It will next look by itself ${dayAndHour(knows.next_at)}.`) : null,
    waiting.length ? h("p", { class: "warn small" }, `Waiting to be sent: ${waiting.join(", ")}`) : null,
    drafts.length ? h("p", { class: "small" }, h("strong", {}, "Being filled in: "), drafts.join("; ")) : null,
    ...(episodes.length ? episodes.map((e) => showCase(e, service))
      : [h("p", { class: "dim" }, "No cases yet. Tap Report missing on a phone.")]));
}

export function forget() {
  seen = new Map();
  opened = new Set();
}

// London time, as everywhere in Nightlight; and the clock of the sandbox between two reports of it.

const part = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/London", ...options });
const HOUR = part({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const SECOND = part({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const DAY = part({ weekday: "short", day: "numeric", month: "short" });
const LONG_DAY = part({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
const ZONE = part({ timeZoneName: "short" });

export const hour = (moment) => HOUR.format(new Date(moment));
export const day = (moment) => DAY.format(new Date(moment)).replace(",", "");
export const dayAndHour = (moment) => `${day(moment)} ${hour(moment)}`;

export function full(moment) {
  const zone = ZONE.formatToParts(moment).find((p) => p.type === "timeZoneName").value;
  return `${LONG_DAY.format(moment).replace(",", "")}, ${SECOND.format(moment)} ${zone}`;
}

export function span(minutes) {
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} days ${hours % 24} h`;
}

class Clock {
  take(document) {
    this.base = Date.parse(document.now);
    this.readAt = performance.now();
    this.runs = document.mode === "running";
  }

  now() {
    if (this.base === undefined) return new Date();
    return new Date(this.base + (this.runs ? performance.now() - this.readAt : 0));
  }
}

export const clock = new Clock();

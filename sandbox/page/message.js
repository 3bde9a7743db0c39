// One message as a phone shows it: formatting by entities, pictures, files, buttons.

import { h } from "./dom.js";
import { hour } from "./time.js";

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

function wrapped(entity, inside, text) {
  if (TAGS[entity.type]) return h(TAGS[entity.type], {}, inside);
  if (entity.type === "spoiler") return h("span", { class: "spoiler", tabindex: "0" }, inside);
  const link = { text_link: entity.url, url: text, email: `mailto:${text}` }[entity.type];
  if (link && /^(https?:|mailto:|tg:)/.test(link)) {
    return h("a", { href: link, rel: "noreferrer noopener", target: "_blank" }, inside);
  }
  return h("span", { class: entity.type }, inside);
}

/** Text with its entities, which may lie inside each other; offsets count UTF-16 units, as JavaScript does. */
export function formatted(text, entities = [], from = 0, to = text.length) {
  const nodes = [];
  let at = from;
  const inside = entities.filter((e) => e.offset >= from && e.offset + e.length <= to);
  for (let i = 0; i < inside.length; i += 1) {
    const entity = inside[i];
    if (entity.offset < at) continue;
    if (entity.offset > at) nodes.push(text.slice(at, entity.offset));
    const end = entity.offset + entity.length;
    const rest = inside.slice(i + 1);
    nodes.push(wrapped(entity, formatted(text, rest, entity.offset, end), text.slice(entity.offset, end)));
    at = end;
  }
  if (at < to) nodes.push(text.slice(at, to));
  return nodes;
}

const file = (id) => `/human/files/${encodeURIComponent(id)}`;

function media(message) {
  if (message.photo) {
    const largest = message.photo[message.photo.length - 1];
    return h("img", { src: file(largest.file_id), alt: message.caption || "picture without words" });
  }
  if (message.document) {
    const { file_id: id, file_name: name, file_size: size } = message.document;
    return h("a", { class: "file", href: file(id), download: name }, "📎 ", `${name} (${Math.ceil(size / 1024)} kB)`);
  }
  if (message.location) return "📍 a place";
  if (message.pinned_message) return h("em", {}, "pinned a message");
  return null;
}

function keyboard(message, tap) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows) return null;
  const button = (b) => b.url
    ? h("a", { href: b.url, rel: "noreferrer noopener", target: "_blank" }, b.text)
    : h("button", { type: "button", onclick: (event) => tap(message, b, event.currentTarget) }, b.text);
  return h("div", { class: "buttons", role: "group", "aria-label": "Answers" },
    rows.map((row) => h("div", {}, row.map(button))));
}

function meta(message) {
  const sent = hour(message.date * 1000);
  const parts = [message.edit_date ? `edited ${hour(message.edit_date * 1000)}` : sent];
  if (message.mine) return h("div", { class: "meta" }, parts.join(" · "));
  if (!message.read) return h("div", { class: "meta" }, `${parts[0]} · `, h("span", { class: "waits" }, "not read yet"));
  const read = hour(message.read);
  if (read !== sent) parts.push(`read ${read}`);
  return h("div", { class: "meta" }, parts.join(" · "));
}

export function render(message, tap) {
  const text = message.text ?? message.caption ?? "";
  const entities = message.entities ?? message.caption_entities;
  const replied = message.reply_to_message;
  const bubble = h("div", { class: "bubble" },
    replied ? h("div", { class: "reply" }, (replied.text ?? replied.caption ?? "a file").slice(0, 80)) : null,
    media(message), formatted(text, entities), meta(message));
  const who = message.mine ? "mine" : "theirs";
  return h("div", {
    class: `message ${who}${message.read || message.mine ? "" : " fresh"}`, id: null,
    "data-id": message.message_id, "data-date": message.date,
  }, h("span", { class: "unseen" }, message.mine ? "You wrote: " : "Nightlight: "), bubble, keyboard(message, tap));
}

// One phone: somebody's chat with the bot. It rings when a message comes while nobody holds it.

import { attempt, byId, get, h, post, speak } from "./dom.js";
import { render } from "./message.js";
import { day } from "./time.js";

let held = null;

document.addEventListener("pointerdown", (event) => hold(event.target), true);
document.addEventListener("focusin", (event) => hold(event.target), true);

function hold(target) {
  const node = target instanceof Element ? target.closest(".phone") : null;
  held = node ? node.phone : null;
  held?.read();
}

const asBase64 = (file) => new Promise((done, failed) => {
  const reader = new FileReader();
  reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
  reader.onerror = () => failed(new Error("the file cannot be read"));
  reader.readAsDataURL(file);
});

/** How a message begins: tells a card from the form that stood in its place. */
const heading = (node) => node.querySelector(".bubble").textContent.slice(0, 18);

export class Phone {
  constructor(people, user, changed) {
    this.people = people;
    this.changed = changed;
    this.busy = new Map();
    // Answers that came before it was known which tap they were for.
    this.early = new Set();
    this.build();
    this.choose(user);
  }

  build() {
    this.who = h("select", { "aria-label": "Whose phone this is", onchange: () => {
      this.choose(Number(this.who.value));
      this.changed();
    } }, this.people.map((p) => h("option", { value: p.user }, p.name)));
    this.role = h("span", { class: "role" });
    this.count = h("span", { class: "unread", hidden: true });
    this.blocking = h("button", {
      type: "button", role: "switch", "aria-checked": "false",
      onclick: () => attempt(() => post(this.blocked ? "/human/unblock" : "/human/block", { user: this.user })),
    }, "Blocks the bot", h("span", {}, "As in Telegram: the bot cannot write here."));
    this.commands = h("div", { role: "group", "aria-label": "Commands" });
    this.menu = h("details", { ontoggle: () => this.menu.open && this.listCommands() },
      h("summary", { "aria-label": "Menu of this phone" }, "⋯"),
      h("div", { class: "menu card" }, this.blocking, this.commands));
    this.chat = h("div", { class: "chat", role: "log", tabindex: "0" });
    this.doing = h("div", { class: "doing" });
    this.keys = h("div", { class: "keys", role: "group", "aria-label": "Keyboard of the bot", hidden: true });
    this.text = h("input", { type: "text", placeholder: "Message", autocomplete: "off", "aria-label": "Message", maxlength: "4096" });
    this.file = h("input", { type: "file", "aria-label": "Send a picture or a file", onchange: () => this.sendFile() });
    this.write = h("form", { class: "write", onsubmit: (event) => { event.preventDefault(); this.send(); } },
      h("label", { class: "attach", title: "Send a picture or a file" }, "📎", this.file),
      this.text, h("button", { type: "submit", class: "strong", "aria-label": "Send" }, "➤"));
    this.node = h("article", { class: "phone" },
      h("div", { class: "owner" }, this.who, this.role, h("div", { class: "bell" }, this.count, this.menu)),
      this.chat, this.doing, this.keys, this.write);
    this.node.phone = this;
  }

  choose(user) {
    this.user = user;
    const person = this.people.find((p) => p.user === user);
    this.name = person.name;
    this.who.value = String(user);
    this.role.textContent = [person.role, person.homes].filter(Boolean).join(" · ");
    this.node.setAttribute("aria-label", `Phone of ${person.name}`);
    this.chat.setAttribute("aria-label", `Chat of ${person.name}`);
    this.node.classList.remove("ringing");
    this.load();
  }

  // What it shows ---------------------------------------------------------------------------

  async load() {
    const user = this.user;
    const chat = await attempt(() => get(`/human/users/${user}/chat`));
    if (!chat || user !== this.user) return;
    this.chat.replaceChildren();
    for (const message of chat.messages) this.put(message);
    this.about(chat);
    if (!chat.messages.length) this.offerStart();
    this.chat.scrollTop = this.chat.scrollHeight;
  }

  async lookAgain() {
    const user = this.user;
    const chats = await attempt(() => get(`/human/users/${user}/chats`));
    if (chats?.length && user === this.user) this.about(chats[0]);
  }

  about(chat) {
    this.blocked = chat.blocked;
    this.node.classList.toggle("blocked", chat.blocked);
    this.blocking.setAttribute("aria-checked", String(chat.blocked));
    this.count.textContent = `🔔 ${chat.unread}`;
    this.count.setAttribute("aria-label", `${chat.unread} not read`);
    this.count.hidden = !chat.unread;
    if (!chat.unread) this.node.classList.remove("ringing");
    const rows = chat.reply_keyboard?.keyboard ?? [];
    const shown = JSON.stringify(rows);
    if (shown === this.shownKeys) return;
    this.shownKeys = shown;
    this.keys.hidden = !rows.length;
    this.keys.replaceChildren(...rows.map((row) => h("div", {}, row.map((key) =>
      h("button", { type: "button", onclick: () => this.press(key.text) }, key.text)))));
  }

  offerStart() {
    this.chat.append(h("div", { class: "empty" },
      h("p", { class: "dim" }, "No messages yet."),
      h("button", { type: "button", class: "strong", onclick: () => this.say("/start") }, "Start")));
  }

  put(message) {
    this.chat.querySelector(".empty")?.remove();
    const said = day(message.date * 1000);
    const last = this.chat.lastElementChild;
    if (!last || day(last.dataset.date * 1000) !== said) {
      this.chat.append(h("div", { class: "day", "data-date": message.date }, said));
    }
    const node = render(message, (...tapped) => this.tap(...tapped));
    this.chat.append(node);
    return node;
  }

  atBottom() {
    return this.chat.scrollHeight - this.chat.scrollTop - this.chat.clientHeight < 60;
  }

  find(id) {
    return this.chat.querySelector(`.message[data-id="${id}"]`);
  }

  // What happens ----------------------------------------------------------------------------

  take(event) {
    if (event.kind === "reset") this.load();
    if (event.users.length && !event.users.includes(this.user)) return;
    if (event.kind === "message") this.came(event.message);
    else if (event.kind === "edited") this.edited(event.message);
    else if (event.kind === "deleted") this.find(event.message_id)?.remove();
    else if (event.kind === "read") this.markRead(event);
    else if (event.kind === "callback_answer") this.answered(event);
    else if (event.kind === "action") this.acts();
    else if (["blocked", "unblocked"].includes(event.kind)) this.lookAgain();
    else if (event.kind === "chat_deleted") this.load();
  }

  came(message) {
    this.doing.textContent = "";
    if (this.find(message.message_id)) return;
    this.put(message);
    this.chat.scrollTop = this.chat.scrollHeight;
    if (message.mine) return;
    if (held === this) {
      this.read();
    } else if (!message.silent) {
      this.node.classList.remove("ringing");
      requestAnimationFrame(() => this.node.classList.add("ringing"));
      speak(`The phone of ${this.name} rings.`);
    }
    this.lookAgain();
  }

  edited(message) {
    const old = this.find(message.message_id);
    if (!old) return;
    const wasBottom = this.atBottom();
    const hadFocus = old.contains(document.activeElement);
    const fresh = render(message, (...tapped) => this.tap(...tapped));
    fresh.classList.add("changed");
    const other = heading(old) !== heading(fresh);
    old.replaceWith(fresh);
    if (wasBottom) this.chat.scrollTop = this.chat.scrollHeight;
    if (hadFocus || held === this) {
      if (hadFocus) (fresh.querySelector(".buttons button") ?? this.text).focus({ preventScroll: true });
      const tall = fresh.offsetHeight > this.chat.clientHeight;
      fresh.scrollIntoView({ block: other && tall ? "start" : "nearest" });
      speak((message.text ?? message.caption ?? "").split("\n").filter(Boolean).slice(-2).join(". "));
    }
  }

  async markRead() {
    await this.lookAgain();
    const chat = await attempt(() => get(`/human/users/${this.user}/chat?limit=40`));
    for (const message of chat?.messages ?? []) {
      const old = this.find(message.message_id);
      if (old?.classList.contains("fresh") && message.read) {
        old.classList.remove("fresh");
        const fresh = render(message, (...tapped) => this.tap(...tapped));
        old.querySelector(".meta").replaceWith(fresh.querySelector(".meta"));
      }
    }
  }

  answered(event) {
    const button = this.busy.get(event.query_id);
    button?.removeAttribute("aria-busy");
    if (!button) this.early.add(event.query_id);
    this.busy.delete(event.query_id);
    if (!event.text) return;
    const close = () => { box.remove(); this.text.focus({ preventScroll: true }); };
    const box = h("div", { class: "alert card", role: event.show_alert ? "alertdialog" : "status", "aria-label": "The bot says" },
      h("p", {}, event.text), event.show_alert ? h("button", { type: "button", onclick: close }, "OK") : null);
    this.node.append(box);
    if (event.show_alert) box.querySelector("button").focus();
    else setTimeout(() => box.remove(), 4000);
  }

  acts() {
    this.doing.textContent = "Nightlight is typing …";
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => { this.doing.textContent = ""; }, 4000);
  }

  // What its owner does -----------------------------------------------------------------------

  read() {
    if (!this.count.hidden || this.chat.querySelector(".fresh")) {
      this.node.classList.remove("ringing");
      attempt(() => post("/human/read", { user: this.user }));
    }
  }

  say(text) {
    return attempt(() => post("/human/send", { user: this.user, text }));
  }

  async send() {
    const text = this.text.value.trim();
    if (text && await this.say(text)) this.text.value = "";
  }

  press(text) {
    return attempt(() => post("/human/press", { user: this.user, text }));
  }

  /** A page of the service, in a sheet over the phone, with what Telegram hands over to it. */
  async open(message, button) {
    const found = await attempt(() => post("/human/open", {
      user: this.user, message_id: message.message_id, text: button.text,
    }));
    if (!found) return;
    const sheet = byId("sheet");
    sheet.addEventListener("close", () => { byId("sheet-page").src = "about:blank"; }, { once: true });
    byId("sheet-page").src = found.url;
    sheet.showModal();
  }

  async tap(message, button, node) {
    if (button.web_app) {
      await this.open(message, button);
      return;
    }
    node.setAttribute("aria-busy", "true");
    const query = await attempt(() => post("/human/tap", {
      user: this.user, message_id: message.message_id, data: button.callback_data,
    }));
    if (!query || query.answer || this.early.delete(query.query_id)) node.removeAttribute("aria-busy");
    else this.busy.set(query.query_id, node);
  }

  async sendFile() {
    const file = this.file.files[0];
    if (!file) return;
    const kind = file.type.startsWith("image/") ? "photo" : "document";
    await attempt(async () => post("/human/send", {
      user: this.user, [kind]: await asBase64(file), name: file.name, mime: file.type || null,
      caption: this.text.value.trim(),
    }));
    this.file.value = "";
    this.text.value = "";
  }

  async listCommands() {
    const bots = await attempt(() => get("/human/bots"));
    const commands = bots?.[0]?.commands?.[0]?.commands ?? [];
    this.commands.replaceChildren(...commands.map((c) => h("button", {
      type: "button", onclick: () => { this.menu.open = false; this.say(`/${c.command}`); },
    }, `/${c.command} `, h("span", { class: "dim small" }, c.description))));
  }
}

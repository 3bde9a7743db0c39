// Building elements, and telling people things. Text is always set as text, never as HTML.

export const byId = (id) => document.getElementById(id);

export function h(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.className = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...there(children));
  return node;
}

const there = (children) => children.flat().filter((c) => c !== null && c !== undefined && c !== false);

/** Puts these in the place of whatever is in the node; what is not there (null) is left out. */
export function fill(node, ...children) {
  node.replaceChildren(...there(children));
}

export function toast(text, seconds = 4) {
  const line = h("p", {}, text);
  byId("toasts").append(line);
  setTimeout(() => line.remove(), seconds * 1000);
}

export function speak(text) {
  byId("spoken").textContent = text;
}

export function sure(title, text, yes) {
  const dialog = byId("sure");
  byId("sure-title").textContent = title;
  byId("sure-text").textContent = text;
  byId("sure-yes").textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true });
  });
}

async function read(response) {
  const document = await response.json().catch(() => ({ error: `error ${response.status}` }));
  if (!response.ok) throw new Error(document.error || `error ${response.status}`);
  return document;
}

export const get = async (path) => read(await fetch(path));

export async function post(path, body = {}) {
  const response = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  return read(response);
}

/** Does what a button is for; what goes wrong is said, not swallowed. */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    toast(error.message);
    return null;
  }
}

"use strict";
// Takes what stands behind the # (no browser sends it, no server logs it) into the entrance form.
(() => {
  const form = document.getElementById("entrance");
  const take = () => {
    const behind = location.hash.slice(1);
    if (!form || !behind) return;
    const app = new URLSearchParams(behind).get("tgWebAppData");
    if (app) form.elements.app.value = app;
    else if (/^[A-Za-z0-9_-]{20,100}$/.test(behind)) form.elements.link.value = behind;
    else return;
    history.replaceState(null, "", location.pathname);
    document.getElementById("how").hidden = true;
    form.hidden = false;
    // A link is used up by this, so that a person does it; inside Telegram there is nothing to lose.
    if (app) form.submit();
    else form.querySelector("button").focus();
  };
  take();
  // A new link opened where the old one was refused changes only what stands behind the #.
  addEventListener("hashchange", take);
})();
// Says before it is sent that a file is too large; the service would refuse it half way.
for (const input of document.querySelectorAll("input[type=file][data-most]")) {
  input.addEventListener("change", () => {
    const large = [...input.files].some((file) => file.size > Number(input.dataset.most));
    input.setCustomValidity(large ? input.dataset.tooLarge : "");
    input.reportValidity();
  });
}
// Passkeys: what the service asks of the device stands in the form, what comes back goes with it.
const allowed = (name) => {
  const policy = document.permissionsPolicy || document.featurePolicy;
  return !policy || !policy.features().includes(name) || policy.allowsFeature(name);
};
const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const sent = (found) => {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature"]) {
    if (found.response[name]) response[name] = text(found.response[name]);
  }
  return JSON.stringify({ id: found.id, rawId: text(found.rawId), type: found.type, response });
};
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const asked = JSON.parse(form.dataset.passkey);
  const act = asked.user ? "create" : "get";
  // Inside Telegram on the web the page lies in a frame, and in some apps there are no passkeys.
  if (!window.PublicKeyCredential || !allowed(`publickey-credentials-${act}`)) continue;
  form.hidden = false;
  const none = document.getElementById("no-passkeys");
  if (none) none.hidden = true;
  asked.challenge = bytes(asked.challenge);
  if (asked.user) asked.user.id = bytes(asked.user.id);
  for (const one of [...(asked.allowCredentials || []), ...(asked.excludeCredentials || [])]) {
    one.id = bytes(one.id);
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = form.querySelector("[role=alert]");
    problem.hidden = true;
    try {
      form.elements.credential.value = sent(await navigator.credentials[act]({ publicKey: asked }));
    } catch (error) {
      const known = error.name === "InvalidStateError" && form.dataset.known;
      problem.textContent = known || form.dataset.failed;
      problem.hidden = false;
      return;
    }
    form.submit();
  });
}

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

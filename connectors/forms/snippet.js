/* Sends forms with the attribute data-switchboard to their action without leaving the page. */
(() => {
  const base = document.currentScript?.src.replace(/\/script\.js.*$/, "") ?? "";
  const WORDS = {
    ru: { sent: "Спасибо! Мы получили ваше сообщение.", failed: "Не удалось отправить. Попробуйте ещё раз.",
          rate: "Слишком много отправок. Подождите минуту и попробуйте ещё раз.",
          too_quick: "Слишком быстро. Подождите пару секунд и отправьте ещё раз." },
    en: { sent: "Thank you! We have your message.", failed: "It could not be sent. Please try again.",
          rate: "Too many were sent. Wait a minute, then try again.",
          too_quick: "That was too quick. Wait some seconds, then send it again." },
  };
  const words = WORDS[(document.documentElement.lang || navigator.language).startsWith("ru") ? "ru" : "en"];

  function hidden(form, name, value) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    form.append(input);
  }

  function trap(form) {
    const input = document.createElement("input");
    Object.assign(input, { name: "_website", tabIndex: -1, autocomplete: "off" });
    input.setAttribute("aria-hidden", "true");
    Object.assign(input.style, { position: "absolute", left: "-10000px", width: "1px", height: "1px" });
    form.append(input);
  }

  function campaign(form) {
    for (const [name, value] of new URLSearchParams(location.search))
      if (/^utm_[a-z]+$/.test(name) && !form.elements[name]) hidden(form, name, value);
    if (!form.elements.page) hidden(form, "page", location.origin + location.pathname);
  }

  /* Where the channel asks for a proof of work (altcha.org): the number whose key begins as it should. */
  async function prove(address) {
    const challenge = await fetch(`${address}/altcha`).then((answer) => answer.json());
    const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
    const bytes = (hex) => Uint8Array.from(hex.match(/../g), (two) => parseInt(two, 16));
    const password = new Uint8Array([...bytes(nonce), 0, 0, 0, 0]);
    const wanted = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
    for (let counter = 0; ; counter++) {
      new DataView(password.buffer).setUint32(password.length - 4, counter);
      const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
      const derived = new Uint8Array(await crypto.subtle.deriveBits(wanted, key, keyLength * 8));
      const derivedKey = [...derived].map((one) => one.toString(16).padStart(2, "0")).join("");
      if (derivedKey.startsWith(keyPrefix)) return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
    }
  }

  async function send(form, status, button, proved) {
    if (button) button.disabled = true;
    try {
      const answer = await fetch(form.getAttribute("action"), {
        method: "POST", body: new FormData(form), headers: { Accept: "application/json" },
      });
      const said = await answer.json();
      if (said.code === "altcha" && !proved) {
        form.querySelector("[name=altcha]")?.remove();
        hidden(form, "altcha", await prove(form.getAttribute("action")));
        return await send(form, status, button, true);
      }
      form.querySelector("[name=altcha]")?.remove();
      if (!answer.ok) return (status.textContent = words[said.code] || words.failed);
      form.reset();
      if (said.thanks) return location.assign(said.thanks);
      status.textContent = form.dataset.thanks || words.sent;
    } catch {
      status.textContent = words.failed;
    } finally {
      if (button) button.disabled = false;
    }
  }

  function attach(form) {
    const status = document.createElement("p");
    status.setAttribute("role", "status");
    form.append(status);
    trap(form);
    campaign(form);
    fetch(`${form.getAttribute("action")}/stamp`).then((answer) => answer.json())
      .then(({ stamp }) => hidden(form, "_stamp", stamp)).catch(() => {});
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void send(form, status, event.submitter);
    });
  }

  /* For call-back widgets, which tell the page what happened: `switchboardForms.callBack({ phone, name, wanted, message })`, or
     whatever an event of theirs holds, where the first number is found. */
  let stamped = null;
  const stamp = () => fetch(`${base}/stamp`).then((answer) => answer.json()).then((answer) => (stamped = answer.stamp));
  const numberIn = (told) => (JSON.stringify(told ?? "").match(/\+?\d[\d ()-]{8,20}\d/) ?? [""])[0];

  async function callBack(told) {
    const fields = typeof told === "object" && told?.phone ? { ...told } : { phone: numberIn(told) };
    if (!fields.phone) return false;
    for (const [name, value] of new URLSearchParams(location.search)) if (/^utm_[a-z]+$/.test(name)) fields[name] ??= value;
    let proof;
    const body = () => JSON.stringify({ page: location.origin + location.pathname, ...fields, _call_back: "1", _stamp: stamped ?? "", altcha: proof });
    const headers = { "Content-Type": "application/json", Accept: "application/json" };
    for (let attempt = 0; attempt < 3; attempt++) {
      const answer = await fetch(base, { method: "POST", headers, body: body(), keepalive: true }).catch(() => null);
      if (answer?.ok) return true;
      const said = await answer?.json().catch(() => null);
      if (said?.code === "altcha") proof = await prove(base).catch(() => undefined);
      await new Promise((wait) => setTimeout(wait, 1000 * (Number(answer?.headers.get("Retry-After")) || 2)));
    }
    return false;
  }
  if (base) {
    window.switchboardForms = { callBack };
    stamp().catch(() => {});
  }

  const start = () => document.querySelectorAll("form[data-switchboard]").forEach(attach);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();

/** Solves a challenge of ALTCHA (PBKDF2, second version of its protocol): the number whose key begins as it should. */
export interface Challenge {
  parameters: { algorithm: string; nonce: string; salt: string; cost: number; keyLength: number; keyPrefix: string };
  signature?: string;
}

const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (two) => Number.parseInt(two, 16));
const hex = (raw: Uint8Array) => Array.from(raw, (one) => one.toString(16).padStart(2, "0")).join("");

/** What is sent back, in base64. */
export async function solve(challenge: Challenge): Promise<string> {
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  const start = bytes(nonce);
  const password = new Uint8Array(start.length + 4);
  password.set(start);
  const counterIn = new DataView(password.buffer);
  for (let counter = 0; ; counter++) {
    counterIn.setUint32(start.length, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const wanted = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
    const derivedKey = hex(new Uint8Array(await crypto.subtle.deriveBits(wanted, key, keyLength * 8)));
    if (derivedKey.startsWith(keyPrefix)) return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
  }
}

/** Solves while a person fills in; who is faster waits for a moment, and then the form sends itself. */
export function prove(form: HTMLFormElement): void {
  const field = form.querySelector<HTMLInputElement>("input[name=altcha]");
  if (!field?.dataset.challenge) return;
  let waits: HTMLElement | null = null;
  const solved = solve(JSON.parse(field.dataset.challenge) as Challenge).then((payload) => {
    field.value = payload;
  });
  form.addEventListener(
    "submit",
    (event) => {
      if (field.value) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const button = event.submitter;
      if (waits) return;
      waits = button;
      void solved.then(() => form.requestSubmit(button));
    },
    { capture: true },
  );
}

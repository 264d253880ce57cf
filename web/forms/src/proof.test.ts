import { describe, expect, it } from "vitest";
import { prove, solve } from "./proof";

const CHALLENGE = {
  parameters: {
    algorithm: "PBKDF2/SHA-256",
    nonce: "000102030405060708090a0b0c0d0e0f",
    salt: "0f0e0d0c0b0a09080706050403020100",
    cost: 1,
    keyLength: 32,
    keyPrefix: "00",
  },
  signature: "signed",
};

describe("the proof of work", () => {
  it("finds the number whose key begins as it should, and sends the challenge back as it was", async () => {
    const told = JSON.parse(atob(await solve(CHALLENGE)));
    expect(told.challenge).toEqual(CHALLENGE);
    expect(told.solution.derivedKey).toMatch(/^00[0-9a-f]{62}$/);
  });

  it("lets a form that is sent too early wait for it", async () => {
    document.body.innerHTML = `<form><input name="altcha"><button>Send</button></form>`;
    const form = document.querySelector("form") as HTMLFormElement;
    const field = form.elements.namedItem("altcha") as HTMLInputElement;
    field.dataset.challenge = JSON.stringify(CHALLENGE);
    const sent = new Promise<string>((done) => {
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        done(field.value);
      });
    });
    prove(form);
    form.querySelector("button")?.click();
    expect(field.value).toBe("");
    expect(await sent).not.toBe("");
  });
});

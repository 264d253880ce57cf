// The JSON behind the webmail.

import { checked } from "../shared/line.js";

export async function sendLetter(letter) {
  const body = JSON.stringify(letter);
  return checked(await fetch("send", { method: "POST", body, headers: { "Content-Type": "application/json" } }));
}

export const htmlUrl = (box, uid) => `html/${encodeURIComponent(box)}/${uid}`;
export const fileUrl = (box, uid, number) => `files/${encodeURIComponent(box)}/${uid}/${number}`;

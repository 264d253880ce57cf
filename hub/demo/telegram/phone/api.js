// The JSON behind the phone.

import { checked } from "../shared/line.js";

export async function act(chat, what, more = {}) {
  const body = JSON.stringify({ chat, do: what, ...more });
  return checked(await fetch("do", { method: "POST", body, headers: { "Content-Type": "application/json" } }));
}

export async function sendFile(chat, kind, file, more = {}) {
  const query = new URLSearchParams({ chat, kind, name: file.name ?? "", mime_type: file.type, ...more });
  const headers = { "Content-Type": "application/octet-stream" };
  return checked(await fetch(`files?${query}`, { method: "POST", body: file, headers }));
}

export const fileUrl = (id) => `files/${encodeURIComponent(id)}`;

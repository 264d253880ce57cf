// The JSON behind the phone.

async function checked(answer) {
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Error(problem.detail ?? String(answer.status));
  }
  return answer.json();
}

export const loadState = async () => checked(await fetch("state"));

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

// Follow the changes; `onLost` when the line breaks, `onBack` when it stands (again): then everything is loaded anew.
export function follow({ onChange, onLost, onBack }) {
  const source = new EventSource("changes");
  source.onopen = onBack;
  source.onmessage = (event) => onChange(JSON.parse(event.data));
  source.onerror = () => {
    onLost();
    if (source.readyState === EventSource.CLOSED) setTimeout(() => follow({ onChange, onLost, onBack }), 1500);
  };
}

// The JSON behind the webmail.

async function checked(answer) {
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Error(problem.detail ?? String(answer.status));
  }
  return answer.json();
}

export const loadState = async () => checked(await fetch("state"));

export async function sendLetter(letter) {
  const body = JSON.stringify(letter);
  return checked(await fetch("send", { method: "POST", body, headers: { "Content-Type": "application/json" } }));
}

export const htmlUrl = (box, uid) => `html/${encodeURIComponent(box)}/${uid}`;
export const fileUrl = (box, uid, number) => `files/${encodeURIComponent(box)}/${uid}/${number}`;

// Follow the changes; `onLost` when the line breaks, `onBack` when it stands (again): then everything is loaded anew.
export function follow({ onChange, onLost, onBack }) {
  const source = new EventSource("changes");
  source.onopen = onBack;
  source.onmessage = onChange;
  source.onerror = () => {
    onLost();
    if (source.readyState === EventSource.CLOSED) setTimeout(() => follow({ onChange, onLost, onBack }), 1500);
  };
}

// The line to the hub: its JSON, and the stream of what changes.

export async function checked(answer) {
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Error(problem.detail ?? String(answer.status));
  }
  return answer.json();
}

export const loadState = async () => checked(await fetch("state"));

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

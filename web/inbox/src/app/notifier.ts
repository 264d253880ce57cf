/** Tells a person who looks elsewhere: title badge, a short tone, a browser notification where that was allowed. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useNavigate } from "react-router";
import type { Message } from "@/api/types";
import { useMe } from "@/app/session";
import { useI18n } from "@/i18n";
import { knownConversation } from "@/live/cache";
import { useLive } from "@/live/LiveProvider";
import { countersOptions, readCache } from "@/live/queries";
import { preferences } from "@/state/preferences";
import { toast } from "@/state/toasts";
import { newsOf } from "@/tasks/queries";

const shown = new Set<Notification>();
// A note is about this page's project, and only this page can open what it is about.
window.addEventListener("pagehide", () => {
  for (const note of shown) note.close();
});

let audio: AudioContext | null = null;
let rangAt = 0;

/** Two short soft notes; at most once a second. */
export function ring(): void {
  if (Date.now() - rangAt < 1_000) return;
  rangAt = Date.now();
  audio ??= new AudioContext();
  const context = audio;
  void context.resume().then(() => {
    for (const [frequency, delay] of [
      [660, 0],
      [880, 0.09],
    ] as const) {
      const tone = context.createOscillator();
      const volume = context.createGain();
      const at = context.currentTime + delay;
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0.0001, at);
      volume.gain.exponentialRampToValueAtTime(0.12, at + 0.015);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.16);
      tone.connect(volume).connect(context.destination);
      tone.start(at);
      tone.stop(at + 0.18);
    }
  });
}

const told = new Set<string>();
const TOLD_AT_MOST = 500;

/** Whether this was not told yet: any later change of the same thing tells it again. */
function isNews(what: string): boolean {
  if (told.has(what)) return false;
  if (told.size >= TOLD_AT_MOST) told.clear();
  told.add(what);
  return true;
}

function show(title: string, body: string, tag: string, open: () => void): void {
  const note = new Notification(title, { body: body.slice(0, 140), tag, silent: true });
  shown.add(note);
  note.onclose = () => shown.delete(note);
  note.onclick = () => {
    window.focus();
    open();
    note.close();
  };
}

/** Whether a browser notification is wanted and would tell something new. */
function mayShow(): boolean {
  if (document.visibilityState === "visible" && document.hasFocus()) return false;
  return preferences.get().notifications && "Notification" in window && Notification.permission === "granted";
}

export function useNotifier(): void {
  const { t } = useI18n();
  const me = useMe().operator.id;
  const client = useQueryClient();
  const navigate = useNavigate();
  const { onMessage, onTask } = useLive();
  const unattended = useQuery(countersOptions()).data?.unattended ?? 0;

  useEffect(() => {
    const count = unattended >= 100 ? "99+" : String(unattended);
    document.title = unattended > 0 ? `(${count}) Switchboard` : "Switchboard";
  }, [unattended]);

  useEffect(() => {
    const tell = (message: Message) => {
      const conversation = knownConversation(readCache(client), message.conversation);
      const title = conversation?.contact_name ?? message.author.name ?? t("contact.nameless");
      const body = message.text || message.attachments.map((item) => item.name).join(", ");
      show(title, body, message.conversation, () => navigate(`/inbox/unattended/${message.conversation}`));
    };
    return onMessage((message) => {
      if (message.direction !== "in") return;
      const conversation = knownConversation(readCache(client), message.conversation);
      if (conversation?.control === "bot" || (conversation?.assignee && conversation.assignee !== me)) return;
      const looking = document.visibilityState === "visible" && document.hasFocus();
      const { sound, notifications } = preferences.get();
      if (sound && !(looking && location.pathname.includes(message.conversation))) ring();
      if (notifications && !looking && "Notification" in window && Notification.permission === "granted") tell(message);
    });
  }, [onMessage, client, me, navigate, t]);

  useEffect(
    () =>
      onTask((task) => {
        const news = newsOf(task, Date.now());
        if (!news || (task.assignee && task.assignee !== me) || !isNews(`${task.id} ${task.due_at} ${news}`)) return;
        const title = t(`tasks.${news}`, { name: task.contact_name ?? task.phone });
        if (preferences.get().sound) ring();
        if (mayShow()) show(title, task.reason || task.phone, `${task.id} ${news}`, () => navigate("/tasks"));
        else toast(news === "overdue" ? "bad" : "good", title);
      }),
    [onTask, me, navigate, t],
  );
}

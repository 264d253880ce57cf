/** The settings of the kinds of channel that need no form of their own. */
import type { PlainField } from "@/manage/PlainSettings";

export const PLAIN_KINDS: Record<string, PlainField[]> = {
  generic: [
    { name: "webhook", type: "webhook", label: "generic.webhook", hint: "generic.webhook_hint" },
    { name: "secret", type: "secret", label: "generic.secret", hint: "generic.secret_hint" },
  ],
  jivochat_bot: [
    { name: "provider_id", type: "text", label: "jivochat.provider", hint: "jivochat.provider_hint", required: true },
    { name: "token", type: "secret", label: "jivochat.token", hint: "jivochat.token_hint", required: true },
  ],
  jivochat_agents: [
    { name: "chat_url", type: "secret", label: "jivochat.chat_url", hint: "jivochat.chat_url_hint", required: true },
    { name: "token", type: "secret", label: "jivochat.token", hint: "jivochat.token_hint", required: true },
    { name: "channels", type: "channels", label: "jivochat.channels", hint: "jivochat.channels_hint" },
  ],
  jivochat_events: [
    { name: "token", type: "secret", label: "jivochat.token", hint: "jivochat.token_hint", required: true },
  ],
};

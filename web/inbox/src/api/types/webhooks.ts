/** Outgoing webhooks and their calls. */

export interface Webhook {
  name: string;
  url: string;
  enabled: boolean;
  disabled_reason: string | null;
  created_at: string;
  /** Shown once: when it is made, and after a change of the secret. */
  secret: string | null;
}

export interface WebhookDelivery {
  id: string;
  name: string;
  status: "pending" | "delivered" | "failed";
  attempts: { at: string; status: number | null; error: string | null }[];
  due_at: string;
  created_at: string;
  body: string;
}

/** Every call the inbox makes, by name. */
import { request, upload } from "@/api/client";
import type {
  AccountLink,
  Answered,
  AttachmentRef,
  AuditFilter,
  AuditLine,
  CannedReply,
  Channel,
  Colleague,
  ConnectionFact,
  Consent,
  Contact,
  Conversation,
  ConversationBrief,
  Counters,
  Direction,
  Disposition,
  Draft,
  FlowBrief,
  FlowSession,
  FormLinkMade,
  Held,
  Hit,
  Invitation,
  LinkMade,
  Me,
  Merge,
  MergePreview,
  Message,
  MessageWindow,
  Page,
  Parked,
  Person,
  Place,
  Presence,
  Priority,
  SessionRow,
  SignedInChannel,
  StageMove,
  Task,
  TaskCounters,
  TaskList,
  TaskStatus,
  Team,
  TokenRow,
  Trial,
  View,
  Webhook,
  WebhookDelivery,
} from "@/api/types";

export interface Outgoing {
  key: string;
  text: string;
  attachments: string[];
  copies: string[];
  direction: Exclude<Direction, "in">;
  seen_position: number;
  confirm: boolean;
}

export type Action =
  | { action: "take"; from?: string | null }
  | { action: "hand_back"; to: "bot" | "queue"; flow?: string; again?: boolean }
  | { action: "assign"; operator?: string | null; team?: string | null }
  | { action: "snooze"; until?: string | null }
  | { action: "resolve" }
  | { action: "reopen"; undo?: number }
  | { action: "spam" }
  | { action: "tags"; tags: string[] }
  | { action: "priority"; priority: Priority | null };

export type FlowAction = { action: "start"; flow: string } | { action: "stop" } | { action: "move" };

const get = request.bind(null, "GET") as <T>(path: string, options?: Parameters<typeof request>[2]) => Promise<T>;

export const LIST_LIMIT = 30;
export const WINDOW_LIMIT = 50;

export const api = {
  signIn: (email: string, password: string, code?: string) =>
    request<Me>("POST", "/session", { body: code ? { email, password, code } : { email, password } }),
  signOut: () => request<void>("DELETE", "/session"),
  lookAtLink: (token: string, signal?: AbortSignal) =>
    request<AccountLink>("POST", "/account-links/look", { body: { token }, signal }),
  followLink: (body: { token: string; name: string; password: string; locale: string }) =>
    request<{ email: string }>("POST", "/account-links/follow", { body }),
  forgotPassword: (email: string) => request<void>("POST", "/forgotten-password", { body: { email } }),
  me: (signal?: AbortSignal) => get<Me>("/me", { signal, anyPlace: true }),
  enterProject: (project: string) => request<Me>("PUT", "/me/project", { body: { project }, anyPlace: true }),
  changeMe: (change: { name?: string; locale?: string; presence?: Presence; signature?: string }) =>
    request<Me>("PATCH", "/me", { body: change }),
  changeProject: (change: { signature?: string; name?: string; locale?: string; time_zone?: string }) =>
    request<Me["project"]>("PATCH", "/project", { body: change }),
  changePassword: (current: string, fresh: string) =>
    request<void>("POST", "/me/password", { body: { current, new: fresh } }),
  startTotp: () => request<{ secret: string; uri: string; qr_svg: string }>("POST", "/me/totp"),
  confirmTotp: (code: string) => request<{ recovery_codes: string[] }>("PUT", "/me/totp", { body: { code } }),
  dropTotp: (password: string) => request<void>("DELETE", "/me/totp", { body: { password } }),
  sessions: () => get<Page<SessionRow>>("/me/sessions"),
  endSession: (id: string) => request<void>("DELETE", `/me/sessions/${id}`),
  links: () => get<Page<{ id: string; kind: string; name: string | null; linked_at: string }>>("/me/links"),
  linkCode: () =>
    request<{ code: string; lives_s: number; url: string | null; qr_svg: string | null }>("POST", "/me/links/code", {
      body: {},
    }),
  unlink: (id: string) => request<void>("DELETE", `/me/links/${id}`),
  tokens: () => get<Page<TokenRow>>("/me/tokens"),
  createToken: (body: { name: string; scopes: string[]; expires_at?: string }) =>
    request<TokenRow & { token: string }>("POST", "/me/tokens", { body }),
  deleteToken: (id: string) => request<void>("DELETE", `/me/tokens/${id}`),

  conversations: (view: View, cursor: string | null, signal?: AbortSignal) =>
    get<Page<Conversation>>("/conversations", { query: { view, cursor, limit: LIST_LIMIT }, signal }),
  findPeople: (q: string, signal?: AbortSignal) =>
    get<{ items: Conversation[]; more: boolean }>("/search/people", { query: { q }, signal }),
  findMessages: (q: string, cursor: string | null, signal?: AbortSignal) =>
    get<Page<Hit>>("/search/messages", { query: { q, cursor }, signal }),
  counters: (signal?: AbortSignal) => get<Counters>("/conversations/counters", { signal }),
  conversation: (id: string, signal?: AbortSignal) => get<Answered>(`/conversations/${id}`, { signal }),
  messages: (id: string, where: { before?: number; after?: number; limit?: number }, signal?: AbortSignal) =>
    get<MessageWindow>(`/conversations/${id}/messages`, { query: { limit: WINDOW_LIMIT, ...where }, signal }),
  send: (id: string, body: Outgoing) => request<Message>("POST", `/conversations/${id}/messages`, { body }),
  retry: (id: string, message: string) =>
    request<Message>("POST", `/conversations/${id}/messages/${message}/retry`, { body: { key: crypto.randomUUID() } }),
  rewrite: (id: string, message: string, text: string) =>
    request<Message>("PATCH", `/conversations/${id}/messages/${message}`, { body: { text } }),
  takeBack: (id: string, message: string) => request<Message>("DELETE", `/conversations/${id}/messages/${message}`),
  attribute: (id: string, message: string) =>
    request<{ conversation: string; message: string }>("POST", `/conversations/${id}/messages/${message}/attribution`, {
      body: { key: crypto.randomUUID() },
    }),
  act: (id: string, { action, ...body }: Action) =>
    request<Conversation>("POST", `/conversations/${id}/${action}`, { body: { key: crypto.randomUUID(), ...body } }),
  markRead: (id: string, position: number) => request<void>("PUT", `/conversations/${id}/read`, { body: { position } }),
  saveDraft: (id: string, draft: Draft, keepalive = false) =>
    request<void>("PUT", `/conversations/${id}/draft`, { body: draft, keepalive }),

  tasks: (whose: TaskList, status: TaskStatus, cursor: string | null, signal?: AbortSignal) =>
    get<Page<Task>>("/tasks", { query: { whose, status, cursor, limit: 50 }, signal }),
  taskCounters: (signal?: AbortSignal) => get<TaskCounters>("/tasks/counters", { signal }),
  tasksOf: (id: string, signal?: AbortSignal) => get<Page<Task>>(`/conversations/${id}/tasks`, { signal }),
  addTask: (
    id: string,
    body: { key: string; phone: string; reason: string; due_at: string; operator: string | null; team: string | null },
  ) => request<Task>("POST", `/conversations/${id}/tasks`, { body }),
  assignTask: (id: string, whose: { operator: string | null; team: string | null }) =>
    request<Task>("POST", `/tasks/${id}/assign`, { body: { key: crypto.randomUUID(), ...whose } }),
  finishTask: (id: string, body: { disposition: Disposition; note: string }) =>
    request<Task>("POST", `/tasks/${id}/finish`, { body: { key: crypto.randomUUID(), ...body } }),
  moveTask: (id: string, body: { disposition: Disposition; note: string; due_at: string }) =>
    request<Task>("POST", `/tasks/${id}/move`, { body: { key: crypto.randomUUID(), ...body } }),

  flows: () => get<Page<FlowBrief>>("/flows"),
  flowSession: (id: string) => get<FlowSession>(`/conversations/${id}/flow`),
  flowMove: (id: string) =>
    get<{ version: string; kept: string[]; dropped: string[]; open: string | null }>(`/conversations/${id}/flow/move`),
  flow: (id: string, { action, ...body }: FlowAction) =>
    request<Conversation>("POST", `/conversations/${id}/flow${action === "start" ? "" : `/${action}`}`, {
      body: { key: crypto.randomUUID(), ...body },
    }),

  /** Answers for the contact: raw values by question, as a person writes them. 422 `answers_refused` says what is wrong. */
  fillAnswers: (id: string, values: Record<string, string>) =>
    request<Conversation>("PATCH", `/conversations/${id}/flow`, { body: { key: crypto.randomUUID(), values } }),

  contact: (id: string) => get<Contact>(`/contacts/${id}`),
  mergePreview: (contact: string, other: string, signal?: AbortSignal) =>
    get<MergePreview>(`/contacts/${contact}/merge/${other}`, { signal }),
  merge: (contact: string, other: string, revisions: [number, number], take: string[]) =>
    request<Contact>("POST", `/contacts/${contact}/merge`, { body: { other, revisions, take } }),
  merges: (contact: string, signal?: AbortSignal) => get<Page<Merge>>(`/contacts/${contact}/merges`, { signal }),
  undoMerge: (contact: string, merge: string) => request<Contact>("POST", `/contacts/${contact}/merges/${merge}/undo`),
  contactConversations: (id: string, signal?: AbortSignal) =>
    get<Page<ConversationBrief>>(`/contacts/${id}/conversations`, { signal }),
  contactConsents: (id: string, signal?: AbortSignal) => get<Page<Consent>>(`/contacts/${id}/consents`, { signal }),
  contactStages: (id: string, signal?: AbortSignal) => get<Page<StageMove>>(`/contacts/${id}/stages`, { signal }),
  changeContact: (
    id: string,
    change: { name?: string | null; language?: string | null; fields?: { name: string; value: string }[] },
  ) => request<Contact>("PATCH", `/contacts/${id}`, { body: change }),
  previewErasure: (id: string, signal?: AbortSignal) => get<Held>(`/contacts/${id}/erasure`, { signal }),
  eraseContact: (id: string) =>
    request<{ done_at: string | null }>("POST", `/contacts/${id}/erasure`, { body: { confirm: "erase" } }),
  attach: (file: File, onProgress: (share: number) => void, signal: AbortSignal) =>
    upload<AttachmentRef>("/attachments", file, onProgress, signal),

  operators: () => get<Page<Colleague>>("/operators"),
  teams: () => get<Page<Team>>("/teams"),
  saveTeam: (id: string | null, name: string) =>
    request<Team>(id ? "PATCH" : "POST", id ? `/teams/${id}` : "/teams", { body: { name } }),
  people: () => get<Page<Person>>("/people"),
  changePerson: (id: string, place: Place) => request<Person>("PATCH", `/people/${id}`, { body: place }),
  removePerson: (id: string) => request<void>("DELETE", `/people/${id}`),
  resetPassword: (id: string) => request<LinkMade>("POST", `/people/${id}/password`),
  invitations: () => get<Page<Invitation>>("/invitations"),
  invite: (body: Place & { email: string }) => request<Invitation & LinkMade>("POST", "/invitations", { body }),
  revokeInvitation: (id: string) => request<void>("DELETE", `/invitations/${id}`),
  audit: (filter: AuditFilter, cursor: string | null, signal?: AbortSignal) =>
    get<Page<AuditLine>>("/audit", { query: { ...filter, cursor }, signal }),
  cannedReplies: () => get<Page<CannedReply>>("/canned-replies"),
  saveCannedReply: (id: string | null, body: Omit<CannedReply, "id">) =>
    request<CannedReply>(id ? "PATCH" : "POST", id ? `/canned-replies/${id}` : "/canned-replies", { body }),
  deleteCannedReply: (id: string) => request<void>("DELETE", `/canned-replies/${id}`),
  channels: () => get<Page<Channel>>("/channels"),
  saveChannel: (id: string | null, body: Record<string, unknown>) =>
    request<Channel>(id ? "PATCH" : "POST", id ? `/channels/${id}` : "/channels", { body }),
  snippet: (id: string) => get<{ html: string; address: string | null }>(`/channels/${id}/snippet`),
  signingKey: (channel: string) => request<{ key: string }>("POST", `/channels/${channel}/signing-key`, { body: {} }),
  trySettings: (channel: string, settings: Record<string, unknown>, source: string) =>
    request<Trial>("POST", `/channels/${channel}/trial`, { body: { settings, source } }),
  signInPlace: () => get<{ redirect_uri: string }>("/channel-sign-in"),
  beginSignIn: (channel: string) => request<{ url: string }>("POST", `/channels/${channel}/sign-in`, { body: {} }),
  finishSignIn: (answer: Record<string, string>) =>
    request<SignedInChannel>("POST", "/channel-sign-in", { body: answer }),
  testConnection: (kind: string, settings: Record<string, unknown>, channel: string | null) =>
    request<{ facts: ConnectionFact[] }>("POST", "/channels/test", {
      body: { kind, settings, channel },
    }),
  makeLink: (contact: string, channel: string) =>
    request<{ url: string; qr_svg: string }>("POST", `/contacts/${contact}/links`, { body: { channel } }),
  makeFormLink: (body: {
    flow: string;
    contact: string | null;
    values: Record<string, string>;
    fields: Record<string, string>;
    label: string;
    once: boolean;
    days: number;
  }) => request<{ url: string }>("POST", "/form-links", { body }),
  formLinks: () => get<Page<FormLinkMade>>("/form-links"),
  revokeFormLink: (id: string) => request<void>("DELETE", `/form-links/${id}`),
  parked: (cursor: string | null) => get<Page<Parked>>("/parked", { query: { cursor } }),
  replay: (id: string) => request<Parked>("POST", `/parked/${id}/replay`, { body: { key: crypto.randomUUID() } }),
  webhooks: () => get<Page<Webhook>>("/webhooks"),
  createWebhook: (name: string, url: string) => request<Webhook>("POST", "/webhooks", { body: { name, url } }),
  changeWebhook: (name: string, body: { url?: string; enabled?: boolean }) =>
    request<Webhook>("PATCH", `/webhooks/${name}`, { body }),
  rotateWebhook: (name: string) => request<Webhook>("POST", `/webhooks/${name}/secret`, { body: {} }),
  deleteWebhook: (name: string) => request<void>("DELETE", `/webhooks/${name}`),
  webhookDeliveries: (name: string | null) =>
    get<Page<WebhookDelivery>>("/webhook-deliveries", { query: { name: name ?? undefined } }),
  repeatDelivery: (id: string) => request<void>("POST", `/webhook-deliveries/${id}/repeat`, { body: {} }),
  socketTicket: () => request<{ ticket: string }>("POST", "/socket-ticket"),
};

/** Where an attachment's bytes are. `inline` only for raster images. */
export function attachmentUrl(id: string, inline = false): string {
  return `/api/v1/attachments/${id}${inline ? "?inline=1" : ""}`;
}

const RASTER = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);

/** Whether the hub shows this attachment inline. */
export function isPicture(attachment: AttachmentRef): boolean {
  return attachment.status === "stored" && RASTER.has(attachment.media_type);
}

/** The frames of the web chat, as docs/protocol.md section 5 gives them. */

export interface Attachment {
  id: string;
  name: string;
  media_type: string;
  size_bytes: number;
  /** Absent on the answer to an upload: the hub signs an address only once a message refers to the file. */
  url?: string;
}

export interface Button {
  label: string;
  value: string;
}

/** The question a message ends with: how to draw it better than as text and buttons. */
export interface Ask {
  type: string;
  /** The keyboard of a phone for what is asked. */
  keyboard?: "tel" | "email" | "decimal";
  multiple: boolean;
  max_choices: number | null;
  /** Values of buttons that clear the others. */
  alone: string[];
  request: string | null;
}

export interface VisitorMessage {
  position: number;
  /** The uuid chosen by the client that sent it, null for what came from the other side. */
  id: string | null;
  author: "you" | "operator" | "bot";
  name: string | null;
  text: string;
  attachments: Attachment[];
  buttons: Button[];
  ask?: Ask | null;
  at: string;
}

export interface Field {
  name: string;
  label: string;
  type: "text" | "email" | "phone" | "choice" | "consent";
  required: boolean;
  choices: string[];
}

export interface Config {
  title: string;
  subtitle: string;
  accent: string;
  locale: string;
  /** What is asked before the first message; another form while nobody is online. */
  prechat: Field[];
  offline_form: boolean;
  uploads: boolean;
  upload_bytes: number;
  text_limit: number;
  /** What a visitor agrees to by writing; shown before the first message. */
  consent: string | null;
  /** Where the visitor goes on as the same person, such as a messenger; `label` is in their language. */
  elsewhere?: Invitation | null;
}

/** `qr` is the address, below the hub's own, of a picture that says the same as `url`. */
export interface Invitation {
  label: string;
  url: string;
  qr: string;
}

export type FormValues = Record<string, string>;

export interface Hello {
  type: "hello";
  token: string | null;
  position: number;
  language: string;
  page?: { url: string; title: string; referrer: string };
  identity?: string;
}

export interface Send {
  type: "send";
  id: string;
  text: string;
  attachments: string[];
  button?: string;
  form?: FormValues;
}

export type ClientFrame = Hello | Send | { type: "typing" } | { type: "read"; position: number } | { type: "pong" };

export interface Welcome {
  type: "welcome";
  token: string;
  position: number;
  messages: VisitorMessage[];
  more: boolean;
  conversation: boolean;
  online: boolean;
  config: Config;
}

export interface Ack {
  type: "ack";
  id: string;
  position: number;
  at: string;
}

export interface Nack {
  type: "nack";
  id: string;
  code: string;
  detail: string;
  retry_after_s?: number;
  extra?: { fields?: Record<string, string> };
}

export type HubFrame =
  | Welcome
  | Ack
  | Nack
  | ({ type: "message" } & VisitorMessage)
  | { type: "typing"; name: string | null }
  | { type: "read"; position: number }
  | { type: "online"; online: boolean }
  | { type: "reload" }
  | { type: "ping" };

/** The answer of `GET /chat/v1/{key}/messages?after=n`. */
export interface Page {
  items: VisitorMessage[];
  more: boolean;
}

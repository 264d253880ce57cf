/** HTTP with the hub: one place that knows headers, problem+json and who is signed in. */

export class ApiError extends Error {
  readonly status: number;
  /** Stable word for the case, `network` when nothing answered. */
  readonly code: string;
  readonly extra: Record<string, unknown>;
  readonly retryAfterS: number | null;

  constructor(
    status: number,
    code: string,
    detail: string,
    extra: Record<string, unknown> = {},
    retryAfterS: number | null = null,
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.extra = extra;
    this.retryAfterS = retryAfterS;
  }

  /** Whether the same request may succeed later without a change. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

type Listener = () => void;
const signedOutListeners = new Set<Listener>();

/** Call `listener` whenever the session has ended, or is another one by now. Returns the way to stop. */
export function onSignedOut(listener: Listener): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

export function tellSignedOut(): void {
  for (const listener of signedOutListeners) listener();
}

interface Place {
  project: string;
  operator: string;
}

/**
 * The project that this page shows, and to whom. Each request names them, so that a page which does not know yet that
 * in another window one went elsewhere, or somebody else signed in, is told so and is never answered with what belongs
 * there.
 */
let place: Place | null = null;

export function workIn(project: string | undefined, operator: string | undefined): void {
  place = project && operator ? { project, operator } : null;
}

/** Part of the names under which the browser keeps things: nobody else is shown them, and they are used nowhere else. */
export function placeKey(): string {
  return place ? `${place.project}.${place.operator}` : "none";
}

const placeHeaders = (): Record<string, string> =>
  place ? { "X-Hub-Project": place.project, "X-Hub-Operator": place.operator } : {};

/** Told to the window before it leaves a project or its person: whoever holds something unsaved sends it now. */
export const LEAVING = "switchboard:leaving";
const writing = new Set<Promise<unknown>>();

/** Let everything be sent that is still unsaved. Resolves when all of it was answered. */
export async function leavePlace(): Promise<void> {
  window.dispatchEvent(new Event(LEAVING));
  await Promise.allSettled([...writing]);
}

const BASE = "/api/v1";
const TIMEOUT_MS = 20_000;

export type Query = Record<string, string | number | null | undefined>;

export function addressOf(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  }
  const tail = search.toString();
  return `${BASE}${path}${tail ? `?${tail}` : ""}`;
}

interface Options {
  query?: Query;
  body?: unknown;
  signal?: AbortSignal | undefined;
  keepalive?: boolean;
  /** Asked wherever the session is: who one is, and going to another project. */
  anyPlace?: boolean;
}

/** Longer than a hub at work takes, shorter than somebody waits before they wonder. */
const SLOW_MS = 6_000;
const slow = new Set<Promise<unknown>>();
const slowListeners = new Set<Listener>();

/** Whether the hub leaves a request unanswered for so long that somebody should be told. */
export function isSlow(): boolean {
  return slow.size > 0;
}

/** Call `listener` whenever that may have changed. Returns the way to stop. */
export function onSlow(listener: Listener): () => void {
  slowListeners.add(listener);
  return () => slowListeners.delete(listener);
}

function watch(answer: Promise<unknown>): void {
  const tell = () => {
    for (const listener of slowListeners) listener();
  };
  const timer = setTimeout(() => {
    slow.add(answer);
    tell();
  }, SLOW_MS);
  const over = () => {
    clearTimeout(timer);
    if (slow.delete(answer)) tell();
  };
  answer.then(over, over);
}

/** One request. Raises `ApiError`; a 204 gives undefined. */
export function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const answer = ask<T>(method, path, options);
  watch(answer);
  if (method !== "GET") {
    const done = answer.catch(() => undefined).finally(() => writing.delete(done));
    writing.add(done);
  }
  return answer;
}

async function ask<T>(method: string, path: string, options: Options): Promise<T> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const headers: Record<string, string> = { Accept: "application/json" };
  const init: RequestInit = {
    method,
    headers,
    credentials: "same-origin",
    keepalive: options.keepalive ?? false,
    signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
  };
  if (!options.anyPlace) Object.assign(headers, placeHeaders());
  if (method !== "GET") {
    headers["Content-Type"] = "application/json";
    headers["X-Hub"] = "1";
    init.body = JSON.stringify(options.body ?? {});
  }
  let response: Response;
  try {
    response = await fetch(addressOf(path, options.query), init);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError(0, "network", "The hub cannot be reached.");
  }
  if (!response.ok) throw await problemOf(response, path);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

/** The session is no longer this page's. */
const ELSEWHERE = new Set(["other_project", "other_operator"]);

async function problemOf(response: Response, path: string): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  const error = readProblem(response.status, text, response.headers.get("Retry-After"));
  if ((error.status === 401 && path !== "/session") || ELSEWHERE.has(error.code)) tellSignedOut();
  return error;
}

/** What an error answer says, also when it is not problem+json (a proxy's page). */
export function readProblem(status: number, text: string, retryAfter: string | null): ApiError {
  const seconds = retryAfter === null ? null : Number(retryAfter);
  const retryAfterS = seconds !== null && Number.isFinite(seconds) ? seconds : null;
  try {
    const problem: unknown = JSON.parse(text);
    if (typeof problem === "object" && problem !== null) {
      const { code, detail, title, extra } = problem as Record<string, unknown>;
      return new ApiError(
        status,
        typeof code === "string" ? code : `http_${status}`,
        typeof detail === "string" ? detail : typeof title === "string" ? title : `HTTP ${status}`,
        typeof extra === "object" && extra !== null ? (extra as Record<string, unknown>) : {},
        retryAfterS,
      );
    }
  } catch {
    // Not JSON: the status alone has to do.
  }
  return new ApiError(status, `http_${status}`, `HTTP ${status}`, {}, retryAfterS);
}

/** Upload a file with progress (0..1). `XMLHttpRequest`, because fetch reports no upload progress. */
export function upload<T>(
  path: string,
  file: File,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open("POST", addressOf(path, { name: file.name || "file" }));
    call.setRequestHeader("Content-Type", "application/octet-stream");
    call.setRequestHeader("X-Hub", "1");
    for (const [name, value] of Object.entries(placeHeaders())) call.setRequestHeader(name, value);
    call.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    call.onload = () => {
      if (call.status >= 200 && call.status < 300) resolve(JSON.parse(call.responseText) as T);
      else reject(readProblem(call.status, call.responseText, call.getResponseHeader("Retry-After")));
    };
    call.onerror = () => reject(new ApiError(0, "network", "The hub cannot be reached."));
    call.onabort = () => reject(new ApiError(0, "aborted", "The upload was cancelled."));
    signal.addEventListener("abort", () => call.abort());
    call.send(file);
  });
}

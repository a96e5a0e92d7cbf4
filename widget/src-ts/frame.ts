// The browser's half of the frame: it draws, calls, waits and computes as the WebAssembly module
// directs (src/glue.rs), and keeps the opaque strings. The module decides the widget's state. The
// same file is the workers' script.
import { agreement, answer, hear, look } from "./coherence";
import { Event_, Request_ } from "./numbers";
import type { Connect, Picture } from "./picture";
import type {
  ChallengeReply,
  ChallengeRequest,
  FrameMessage,
  PageMessage,
  PageOptions,
  PictureStep,
  Problem,
  PuzzleStep,
  Signals,
  SolutionReply,
  SolutionRequest,
  Step,
} from "./protocol";
import { why } from "./why";

/** Inserted by the build. */
declare const VERSION: string;
declare const WASM: string;
declare const FALLBACK: string;
declare const PICTURE: string;
declare const LOCALES: Record<string, string>;

/** What the module exports, and the fallback's translation of it. */
export interface Exports {
  memory: { buffer: ArrayBuffer };
  /** Address of the inbox. */
  a(): number;
  b(mode: number, neverRetry: boolean): void;
  c(codeLength: number): void;
  d(event: Event_): void;
  e(first: number, count: number, work: number, epochLength: number, seconds: number): void;
  f(lifetimeSeconds: number): void;
  g(status: number, codeLength: number, retryAfterSeconds: number): void;
  h(worker: number, index: number, nonce: number): void;
  i(lifetimeSeconds: number): void;
}

/**
 * A range to search: index, first nonce, how many, work, and the function's code or the id. 0 ends
 * the worker. It ends itself between two ranges, because WebKit may crash when a worker is
 * terminated while it compiles; a range takes about 50 ms.
 */
export type Task = [number, number, number, number, Uint8Array] | 0;

type Imports = Record<string, (...values: number[]) => unknown>;

declare global {
  /** Set by the fallback: the module without WebAssembly. */
  var munjigiFallback: (imports: Imports) => Exports;
  /** Set by the module that shows pictures. */
  var munjigiPicture: Connect;
}

function work(): void {
  // One worker answers for all.
  if (self.name) (postMessage as (message: unknown) => void)(answer());
  onmessage = ({ data }: MessageEvent<Task>) => {
    if (!data) return close();
    const [index, start, count, work, code] = data;
    const { search } = new WebAssembly.Instance(new WebAssembly.Module(code as BufferSource))
      .exports as { search(start: bigint, count: number, target: bigint): bigint };
    const target = BigInt("0xffffffffffffffff") / BigInt(work);
    (postMessage as (message: unknown) => void)([index, Number(search(BigInt(start), count, target))]);
  };
}

function frame(): void {
  const root = document.documentElement;
  let script = (document.currentScript as HTMLScriptElement).src;
  const places = [root, ...document.querySelectorAll<HTMLElement>("[id]")];
  const strip = document.querySelector<HTMLElement>(".w")!;
  const nonce = location.hash.slice(1);
  const { mode, fallback, error } = root.dataset;
  let algorithm: "hashwx" | "sha256" = "hashwx";
  let page: URL | undefined;
  try {
    page = new URL(location.ancestorOrigins?.[0] || document.referrer);
  } catch {
    // A page without an origin: refused below.
  }
  /** Why this frame will never start. */
  let barred = page?.hostname ? error : "hostname-not-allowed";
  let code: string | undefined;
  let module: Exports;
  let options: PageOptions;
  let signals: Signals = {};
  let texts: string[];
  let challenge: string;
  let puzzle: PuzzleStep;
  let id: Uint8Array;
  let token = "";
  let expires_in = 0;
  let puzzled = 0;
  /** Of the last puzzle, in ms per expected hash. */
  let pace = 0;
  let step: PictureStep;
  let picture: Picture | undefined;
  /**
   * An invisible widget becomes visible once its picture was closed without an answer, until it
   * passes.
   */
  let stepped = false;
  let calls = 0;
  let height = -1;
  let held = false;
  const pool: Worker[] = [];
  const timers: number[] = [];

  // No tail call: on a page of our own origin, WebKit would take the page itself for the source of
  // what the module has it post.
  const post = (message: FrameMessage): void => {
    parent.postMessage({ munjigi: 1, nonce, ...message }, page?.hostname ? page.origin : "*");
  };
  const bytes = (at: number, length: number): Uint8Array<ArrayBuffer> =>
    new Uint8Array(module.memory.buffer, at, length);
  const read = (at: number, length: number): string => new TextDecoder().decode(bytes(at, length));
  /** Passes the code to the module; returns its length. */
  const tell = (): number =>
    new TextEncoder().encodeInto((code ||= "unavailable"), bytes(module.a() + 16, 32)).written;
  const say = (place: number, text: string): void => {
    const element = places[place]!;
    if (element.textContent != text) element.textContent = text;
  };

  const call = async (body: ChallengeRequest | SolutionRequest, path: string): Promise<void> => {
    const mine = ++calls;
    let status = 0;
    let retryAfter = 0;
    let reply: Partial<Problem> & Partial<ChallengeReply> & { token?: string } = {};
    try {
      const response = await fetch(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout?.(3e4) ?? null,
      });
      status = response.status;
      retryAfter = Number(response.headers.get("retry-after")) || 0;
      reply = (await response.json()) as Partial<ChallengeReply & SolutionReply & Problem>;
    } catch {
      // No answer, or a good one that was cut off: retried. For a refusal the status is enough.
      if (status < 300) status = 0;
    }
    if (mine != calls) return;
    const next: Step | undefined = reply.step;
    if (next) {
      challenge = reply.challenge!;
      if (next.kind == "picture") {
        step = next;
        return module.i(reply.expires_in!);
      }
      puzzle = next;
      puzzled = performance.now();
      id = Uint8Array.from(atob(next.id.replace(/-/g, "+").replace(/_/g, "/")), (digit) =>
        digit.charCodeAt(0),
      );
      bytes(module.a(), 16).set(id.subarray(0, 16));
      look();
      const { first, count, work, epoch_len } = next;
      return module.e(first, count, work, epoch_len, 5 * Math.ceil((pace * count * work) / 5e3));
    }
    if (reply.token) {
      ({ token, expires_in } = reply as { token: string; expires_in: number });
      return module.f(expires_in);
    }
    code = reply.code;
    module.g(status, tell(), retryAfter);
  };

  /** Loads a script of our own host, which sets a global. */
  const add = (source: string): Promise<void> =>
    new Promise((then, or) => {
      const element = document.createElement("script");
      element.onload = () => then();
      element.onerror = () => why(source).then(or);
      element.src = source;
      document.head.append(element);
    });

  /** Loads the images of the step, and before them the module that shows them. */
  const bring = async (): Promise<void> => {
    const mine = ++calls;
    try {
      if (!picture) {
        if (!globalThis.munjigiPicture) await add(PICTURE);
        picture = await munjigiPicture({ send: (event) => module.d(event), fit: imports.f!, strip });
      }
      await picture.load(step);
    } catch (status) {
      if (mine != calls) return;
      code = "";
      return module.g(Number(status) || 0, tell(), 0);
    }
    if (mine == calls) module.d(Event_.Pictured);
  };

  /** As numbered in src/glue.rs. */
  const imports: Imports = {
    a: (place, text, number) =>
      say(place!, texts[text!]!.replace("{n}", number!.toLocaleString(root.lang))),
    b: (place, name, nameLength, value, valueLength) =>
      places[place!]!.setAttribute(read(name!, nameLength!), read(value!, valueLength!)),
    c: (place, hidden) => {
      const element = places[place!]!;
      if (hidden) {
        // The focus must not fall out of the frame while there is nothing to press.
        if (element == document.activeElement) {
          held = true;
          strip.focus();
        }
        element.hidden = true;
      } else {
        element.hidden = false;
        if (held && element.tagName == "BUTTON" && document.hasFocus()) element.focus();
        held = false;
      }
    },
    d: (percent) => {
      root.style.setProperty("--p", `${percent! / 100}`);
      places[5]!.ariaValueNow = `${percent}`;
    },
    e: (text) => {
      const link = places[3] as HTMLAnchorElement;
      link.href = `../../errors/${code}`;
      link.textContent = texts[text!]!.replace("{n}", code!);
    },
    f: () => {
      const open = picture?.size();
      const { size, state } = root.dataset;
      stepped ||= state == "asking" && !open;
      const hidden = size == "invisible" && (!stepped || state == "passed");
      const [width, now] = open || [innerWidth, hidden ? 0 : strip.offsetHeight];
      if (now != height) post({ type: "resize", width, height: (height = now) });
    },
    g: (at, length) => (code = read(at!, length!)),
    h: (at, length, value, valueLength) =>
      post({
        type: read(at!, length!),
        ...{
          t: { state: read(value!, valueLength!) },
          r: { code },
          o: { token, expires_in },
          l: { aside: !!valueLength },
        }[read(at! + 1, 1)],
      } as FrameMessage),
    i: (request, at, count) => {
      if (request == Request_.Images) return void bring();
      const now: Signals = { webdriver: !!navigator.webdriver, whole: signals.whole! };
      // Visitors who ask not to be tracked are described no further: what convicts is above.
      if (!(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl)
        Object.assign(now, signals, {
          languages: Math.min(navigator.languages.length, 255),
          touch: navigator.maxTouchPoints > 0,
          cores: Math.min(navigator.hardwareConcurrency, 255),
          visible: !document.hidden,
        });
      if (request) {
        const body: SolutionRequest = { challenge, signals: now };
        if (algorithm == "hashwx") now.agreement = agreement(id);
        if (request == Request_.Solution) {
          now.solve_ms = Math.round(performance.now() - puzzled);
          pace = now.solve_ms / puzzle.count / puzzle.work;
          body.nonces = [...new Float64Array(module.memory.buffer, at!, count)];
        } else if (request == Request_.Answer) body.answer = picture!.answer();
        else body.want = "work";
        call(body, "../solutions");
      } else {
        // Workers start while the challenge is being fetched.
        imports.k!(2);
        call(
          {
            sitekey: location.pathname.split("/").pop()!,
            hostname: page!.hostname,
            action: options.action,
            cdata: options.cdata,
            locale: root.lang,
            widget: VERSION,
            algorithms: [algorithm],
            signals: now,
          },
          "../challenges",
        );
      }
    },
    j: (timer, milliseconds) => {
      clearInterval(timers[timer!]);
      if (milliseconds) timers[timer!] = setInterval(() => {
          if (timer) clearInterval(timers[timer]);
          module.d(timer!);
        }, milliseconds);
    },
    k: (most) => {
      const count = Math.max(1, Math.min(most!, (navigator.hardwareConcurrency || 2) - 1));
      for (let i = pool.length; i < count; i++) {
        const worker = (pool[i] = new Worker(script, { name: i ? "" : "1" }));
        worker.onmessage = ({ data }) => {
          // Its first message answers questions, before it is given a task.
          if (typeof data[0] == "string") return hear(data);
          if (worker == pool[i]) module.h(i, data[0], data[1]);
        };
        worker.onerror = async ({ message }) => {
          if (worker != pool[i]) return;
          imports.n!();
          const mine = calls;
          // Only a script that was loaded can have a message.
          code = message && "unsupported";
          if (code) return module.c(tell());
          const status = await why(script);
          if (mine == calls) module.g(status, tell(), 0);
        };
      }
      return count;
    },
    l: (worker, index, start, at, length) =>
      pool[worker!]!.postMessage([
        index,
        start,
        puzzle.epoch_len,
        puzzle.work,
        length ? bytes(at!, length).slice() : id,
      ]),
    n: () => {
      calls++;
      for (const worker of pool.splice(0)) worker.postMessage(0);
    },
    o: (view, number) => {
      stepped ||= !view;
      // The focus returns to what opened the picture, or stays in the frame.
      if (picture?.show(view!, number!)) {
        held = true;
        strip.focus();
      }
    },
  };

  const load = async (): Promise<void> => {
    if (typeof WebAssembly == "object" && typeof BigInt == "function") {
      try {
        module = (await WebAssembly.instantiateStreaming(fetch(WASM), { m: imports })).instance
          .exports as unknown as Exports;
        return;
      } catch (failure) {
        // A failed download is left to the page: it loads the frame again later.
        if (!(failure instanceof WebAssembly.CompileError)) throw failure;
      }
    }
    if (fallback != "on") barred ||= "unsupported";
    await add((script = FALLBACK));
    module = munjigiFallback(imports);
    algorithm = "sha256";
  };

  const translate = async (): Promise<void> => {
    const tags = Object.keys(LOCALES);
    const wanted = [options.language, ...navigator.languages, "en"];
    const found = (tag: string): string | undefined =>
      tags.find((known) => known == tag) ||
      tags.find((known) => known.slice(0, 2) == tag.slice(0, 2));
    root.lang = wanted.map(found).find(Boolean)!;
    const answer = await fetch(LOCALES[root.lang]!);
    if (!answer.ok) throw answer.status;
    texts = await answer.json();
    root.dir = texts[0]!;
    document.title = texts[2]!;
  };

  const loaded = load();
  loaded.catch(() => {}); // Reported below, to a page that has sent "start".
  let started: Promise<boolean> | undefined;
  /** Returns whether the widget accepts events now. */
  const start = async (): Promise<boolean> => {
    try {
      await Promise.all([loaded, translate()]);
    } catch {
      post({ type: "error", code: "offline" });
      return false;
    }
    code = barred;
    if (code) module.c(tell());
    else
      module.b(
        mode == "interactive" ? 1 : root.dataset.size == "invisible" ? 2 : options.start == "click" ? 1 : 0,
        options.retry == "never",
      );
    return !code;
  };

  onmessage = ({ source, origin, data }: MessageEvent<PageMessage & { munjigi: number; nonce: string }>) => {
    if (source != parent || (page && origin != page.origin)) return;
    if (data?.munjigi != 1 || data.nonce != nonce) return;
    if (data.type == "start") {
      ({ options } = data);
      root.dataset.theme = options.theme;
      root.dataset.size = mode == "invisible" ? mode : options.size;
      places[4]!.tabIndex = options.tabindex;
      started ??= start();
      return;
    }
    if (data.type == "under" || data.type == "over") return picture?.place(data.type);
    if (data.type == "interaction" || data.type == "execute") ({ signals } = data);
    const event = {
      interaction: Event_.Interaction, execute: Event_.Execute, reset: Event_.Reset, remove: Event_.Reset }[data.type];
    if (event == Event_.Reset) stepped = false;
    started?.then((runs) => runs && module.d(event));
  };
  places[4]!.onclick = () => module.d(Event_.Click);
  onresize = () => module && imports.f!();
  ononline = () => module?.d(Event_.Online);
  post({ type: "ready" });
}

globalThis.document ? frame() : work();

// Asks the browser the same questions in the frame, in an empty frame inside it and in a worker.
// What they answer stays here: only whether the answers agree is sent, as bits that are numbered and
// explained in docs/privacy.md.

/** Numbered as `Check` in crates/protocol/src/signals.rs. */
const enum Check_ {
  Agent,
  Languages,
  Platform,
  Webdriver,
  Headless,
  Natives,
  Hints,
  Touch,
  Graphics,
  Window,
  Runtime,
  Count,
}

/** The checks that compare answers, in the order of the answers. */
const COMPARED = [Check_.Agent, Check_.Languages, Check_.Platform, Check_.Hints, Check_.Graphics];

/** What all three are asked, and then what a worker alone is asked. */
export type Answers = (string | undefined)[];

/** Chromium's description of itself beside the user agent. */
interface Hints {
  platform: string;
  mobile: boolean;
  brands: { brand: string; version: string }[];
}

const hints = ({ userAgentData }: Navigator & { userAgentData?: Hints }): string | undefined =>
  userAgentData &&
  [userAgentData.platform, userAgentData.mobile]
    .concat(userAgentData.brands.map(({ brand, version }) => brand + version) as never)
    .join();

/** The name of what draws. Nothing is drawn. */
function graphics(): string | undefined {
  try {
    const context = new OffscreenCanvas(1, 1).getContext("webgl")!;
    const name = context.getParameter(context.RENDERER);
    // Firefox names it here; the others have an extension for it.
    return /^WebKit/.test(name) && context.getExtension("WEBGL_debug_renderer_info")
      ? context.getParameter(0x9246)
      : name;
  } catch {
    return;
  }
}

/** Whether logs are being read, by developer tools or by a driver. Only Chromium tells. */
function traced(): string | undefined {
  const errors = Error as { prepareStackTrace?: () => void };
  let read: string | undefined;
  errors.prepareStackTrace = () => {
    read = "1";
  };
  console.debug(new Error());
  delete errors.prepareStackTrace;
  return read;
}

const answers = (navigator: Navigator): Answers => [
  navigator.userAgent,
  navigator.languages?.join(),
  navigator.platform,
  hints(navigator),
];

/** A worker's answers. */
export const answer = (): Answers => [
  ...answers(navigator),
  graphics(),
  hints(navigator) && traced(),
];

let inWorker = false;
let inFrame = false;
let found = 0;

const note = (finds: unknown, check: Check_): void => {
  if (finds) found |= 1 << check;
};

/** A missing answer is no other answer. */
function compare(own: Answers, others: Answers): void {
  COMPARED.forEach((check, place) => {
    const [one, other] = [own[place], others[place]];
    note(one && other && one != other, check);
  });
  note(/Headless/.test(others[0]!), Check_.Headless);
}

/** Takes a worker's answers. */
export function hear(others: Answers): void {
  inWorker = true;
  compare([...answers(navigator), graphics()], others);
  note(others[COMPARED.length], Check_.Runtime);
}

/** Asks an empty frame, whose functions no one has replaced yet. */
export function look(): void {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  document.body.append(frame);
  const inner = frame.contentWindow as (Window & typeof globalThis) | null;
  if (inner) {
    inFrame = true;
    const own = answers(navigator);
    const [agent, , , said] = own as string[];
    compare(own, answers(inner.navigator));
    const version = /Chrome.(\d+)/.exec(agent!);
    note(said && version && !said.includes(`Chromium${version[1]}`), Check_.Hints);
    note(navigator.maxTouchPoints > 0 != matchMedia("(any-pointer:coarse)").matches, Check_.Touch);
    note(!outerWidth || !outerHeight, Check_.Window);
    note(said && traced(), Check_.Runtime);
    note(navigator.webdriver || inner.navigator.webdriver, Check_.Webdriver);
    const code = (native: unknown): unknown => native && inner.Function.prototype.toString.call(native);
    const getter = ({ Navigator }: typeof inner): unknown =>
      code(Object.getOwnPropertyDescriptor(Navigator.prototype, "webdriver")?.get);
    const batch = ({ PointerEvent }: typeof inner): unknown => code(PointerEvent?.prototype.getCoalescedEvents);
    note(
      getter(window) != getter(inner) || navigator.hasOwnProperty("webdriver") || batch(window) != batch(inner),
      Check_.Natives,
    );
  }
  frame.remove();
}

/** Which checks were made and what they found, for the attempt with this id alone. */
export function agreement(id: Uint8Array): number {
  const ofFrame =
    (1 << Check_.Webdriver) | (1 << Check_.Natives) | (1 << Check_.Touch) | (1 << Check_.Window);
  const made = inFrame ? (inWorker ? (1 << Check_.Count) - 1 : ofFrame) : 0;
  return ((made | (found << 12)) ^ new DataView(id.buffer).getUint32(0, true)) >>> 0;
}

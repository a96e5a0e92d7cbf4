// Generated from crates/protocol by its test `typescript`; do not edit.

export type Algorithm = "hashwx" | "sha256";

export type AlgorithmName = "hashwx" | "sha256" | "unknown";

export type Answer = { "type": "grid", 
/**
 * Per round the indexes of the chosen tiles, counted row by row
 * from 0, ascending.
 */
cells: Array<Array<number>>, 
/**
 * How it was answered.
 */
trace: Trace, } | { "type": "area", 
/**
 * Per round the point, in thousandths of the picture's width from
 * the left and of its height from the top.
 */
points: Array<[number, number]>, 
/**
 * How it was answered.
 */
trace: Trace, } | { "type": "turn", 
/**
 * Per round the index of the view.
 */
views: Array<number>, 
/**
 * How it was answered.
 */
trace: Trace, };

export type ChallengeReply = { 
/**
 * The seal to send back with the solution.
 */
challenge: string, 
/**
 * Seconds until the challenge expires.
 */
expires_in: number, 
/**
 * What the visitor's browser, or the visitor, has to do.
 */
step: Step, };

export type ChallengeRequest = { 
/**
 * The site's key, `mj_…`, or one of its aliases.
 */
sitekey: string, 
/**
 * Host name of the page that embeds the frame.
 */
hostname: string, 
/**
 * What the visitor is doing; at most 32 of `[A-Za-z0-9_/-]`.
 */
action: string, 
/**
 * The integrator's own data, at most 255 bytes; returned by siteverify.
 */
cdata: string, 
/**
 * Language tag of the widget's texts.
 */
locale: string, 
/**
 * Version of the widget.
 */
widget: string, 
/**
 * What the browser can compute, best first.
 */
algorithms: Array<AlgorithmName>, 
/**
 * Features of the visit so far.
 */
signals: Signals, };

export type ClearanceReply = { 
/**
 * Where the visitor was going, on the same host.
 */
path: string, };

export type ClearanceRequest = { 
/**
 * Where the visitor came from, as the page's address has it.
 */
to: string, 
/**
 * The token.
 */
token: string, 
/**
 * Whether the page is in a frame of another site, where browsers keep
 * cookies apart, or was sent a form by one.
 */
framed: boolean, };

export type ClearanceWanted = { 
/**
 * What the visitor must show.
 */
level: Level, 
/**
 * The page that gives clearance, as a path of the same host. It may be
 * framed by pages of that host.
 */
page: string, };

export type Code = "malformed-request" | "payload-too-large" | "unknown-sitekey" | "site-paused" | "hostname-not-allowed" | "blocked" | "challenge-invalid" | "challenge-expired" | "solution-wrong" | "answer-wrong" | "attempts-exhausted" | "clearance-required" | "cookies-required" | "clearance-misconfigured" | "rate-limited" | "unsigned" | "signature-invalid" | "clock-skew" | "replayed" | "stale-version" | "not-found" | "method-not-allowed" | "unavailable";

export type FrameMessage = { "type": "ready" } | { "type": "state", 
/**
 * The state that it shows now.
 */
state: FrameState, } | { "type": "token", 
/**
 * The value for the hidden field.
 */
token: string, 
/**
 * Seconds until it expires.
 */
expires_in: number, } | { "type": "expired" } | { "type": "error", 
/**
 * A code of the protocol, or `offline`, `timeout`, `unsupported`.
 */
code: string, } | { "type": "resize", 
/**
 * The width, in CSS pixels.
 */
width: number, 
/**
 * The height, in CSS pixels.
 */
height: number, } | { "type": "open" } | { "type": "close", 
/**
 * Whether the visitor set it aside, or was away until it expired.
 */
aside: boolean, };

export type FrameState = "idle" | "working" | "asking" | "passed" | "expired" | "offline" | "failed";

export type Level = "waited" | "worked" | "pictured" | "allowed";

export type Mode = "managed" | "invisible" | "interactive";

export type PageMessage = { "type": "start", 
/**
 * The options of the page.
 */
options: PageOptions, } | { "type": "interaction", 
/**
 * What was observed of the visit so far.
 */
signals: Signals, } | { "type": "execute", 
/**
 * What was observed of the visit so far.
 */
signals: Signals, } | { "type": "reset" } | { "type": "remove" } | { "type": "under" } | { "type": "over" };

export type PageOptions = { 
/**
 * The attribute `data-action`.
 */
action: string, 
/**
 * The attribute `data-cdata`.
 */
cdata: string, 
/**
 * The attribute `data-theme`.
 */
theme: WidgetTheme, 
/**
 * The attribute `data-size`.
 */
size: WidgetSize, 
/**
 * Language tag: `data-language`, else the page's, else the browser's.
 */
language: string, 
/**
 * The attribute `data-tabindex`.
 */
tabindex: number, 
/**
 * The attribute `data-retry`.
 */
retry: WidgetRetry, 
/**
 * What starts the check.
 */
start: WidgetStart, };

export type PictureRound = { 
/**
 * The thing to look for, as a key of the locale files.
 */
prompt: string, 
/**
 * Paths of the images, named for this challenge only: the tiles of a grid
 * or the views of a thing as one image, row by row; for `turn`, followed
 * by the one that shows which way it should face.
 */
images: Array<string>, };

export type PictureStep = { 
/**
 * The kind of picture.
 */
type: PictureType, 
/**
 * Tiles or views from top to bottom of a round's first image; 1 for
 * `area`.
 */
rows: number, 
/**
 * Tiles or views from left to right; 1 for `area`.
 */
columns: number, 
/**
 * The rounds, to be answered one after the other.
 */
rounds: Array<PictureRound>, };

export type PictureType = "grid" | "area" | "turn";

export type Problem = { 
/**
 * `<edge>/errors/<code>`: a page for people.
 */
type: string, 
/**
 * The code in words, the same every time.
 */
title: string, 
/**
 * HTTP status.
 */
status: number, 
/**
 * The stable code.
 */
code: Code, 
/**
 * What in this request is wrong, for the integrator. No internals.
 */
detail: string, 
/**
 * As in the header `Munjigi-Request-Id` and in the logs.
 */
request_id: string, };

export type PuzzleStep = { 
/**
 * The hash that nonces are tried with.
 */
algorithm: Algorithm, 
/**
 * The attempt's id; enters every sub-puzzle's seed.
 */
id: string, 
/**
 * Number of the first sub-puzzle. A further puzzle of the same attempt
 * continues where the last one ended, so that no nonce counts twice.
 */
first: number, 
/**
 * Number of sub-puzzles, 1–64.
 */
count: number, 
/**
 * Expected hashes per sub-puzzle.
 */
work: number, 
/**
 * Nonces per generated function.
 */
epoch_len: number, };

export type Signals = { 
/**
 * Milliseconds from the page's load to the start of the attempt
 * (0–86,400,000): scripts tend to start at once.
 */
since_load_ms?: number | null, 
/**
 * Milliseconds from the first focus in the form to the start
 * (0–86,400,000): a form filled within milliseconds was not typed.
 */
since_focus_ms?: number | null, 
/**
 * Pointer use: 0 none, 1 one event, 2 a few, 3 many. Indicates that
 * someone points; says nothing against those who do not.
 */
pointer?: number | null, 
/**
 * Key use, also 0–3; which keys were pressed is never recorded.
 */
keys?: number | null, 
/**
 * After thirty pointer moves, whether the browser put none of them together
 * from several samples: injected moves come one by one, but so do those of
 * slow mice.
 */
single?: boolean | null, 
/**
 * Whether the page has almost the whole of its window: no developer tools
 * are docked beside or below it.
 */
whole?: boolean | null, 
/**
 * How often the focus moved between fields (0–255).
 */
focus_changes?: number | null, 
/**
 * `navigator.webdriver`: the browser says that it is automated.
 */
webdriver?: boolean | null, 
/**
 * How many languages the browser lists (0–255): none is unusual.
 */
languages?: number | null, 
/**
 * Whether the device has a touch screen.
 */
touch?: boolean | null, 
/**
 * Logical processors (0–255): explains the solve time.
 */
cores?: number | null, 
/**
 * Milliseconds spent on the puzzle (0–86,400,000): a time that the
 * claimed device cannot reach points to a farm.
 */
solve_ms?: number | null, 
/**
 * Whether the page was visible while solving.
 */
visible?: boolean | null, 
/**
 * Which of the [`Check`]s were made, and which of them found something:
 * for the check numbered n, bit n says that it was made and bit 12 + n that
 * it found something. Bits 24 to 31 are 0. All of it is combined by XOR
 * with the first four bytes of the attempt's id, least significant first,
 * so that the bits of one attempt mean nothing in another.
 */
agreement?: number | null, };

export type SolutionReply = { "status": "passed", 
/**
 * To be sent to siteverify by the site's back end, once.
 */
token: string, 
/**
 * Seconds until the token expires.
 */
expires_in: number, } | { "status": "next" } & ChallengeReply;

export type SolutionRequest = { 
/**
 * The sealed challenge, as it was received.
 */
challenge: string, 
/**
 * One nonce per sub-puzzle, in their order; each below 2^48.
 */
nonces?: Array<number>, 
/**
 * The answer to a picture.
 */
answer?: Answer | null, 
/**
 * Requests another way instead of the picture.
 */
want?: Want | null, 
/**
 * Features of the visit so far.
 */
signals: Signals, };

export type Step = { "kind": "puzzle" } & PuzzleStep | { "kind": "picture" } & PictureStep;

export type Trace = { 
/**
 * Tenths of a second from the picture to the first action.
 */
first_act: number, 
/**
 * Tenths of a second from the picture to the answer.
 */
whole: number, 
/**
 * Number of actions (choices, moves, keys); at most 255.
 */
acts: number, 
/**
 * How uneven the pauses between actions were, 0 (all alike) to 3.
 */
rhythm: number, 
/**
 * How far from the centres of the chosen things, 0 (exactly in the centre,
 * or no pointer) to 3.
 */
scatter: number, };

export type Want = "work";

export type WidgetRetry = "auto" | "never";

export type WidgetSize = "normal" | "flexible" | "compact" | "invisible";

export type WidgetStart = "page" | "click";

export type WidgetTheme = "auto" | "light" | "dark";

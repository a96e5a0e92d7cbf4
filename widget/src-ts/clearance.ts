// The page that gives clearance: solves a challenge, has its token turned into a cookie, and leads
// back. What it was asked for stands on the root element; its texts are there and are shown by state.
import type { ClearanceReply, ClearanceRequest, Problem } from "./protocol";

const root = document.documentElement;
// Without this, the page offers another try after a while.
root.dataset.live = "";
const { to = "", sitekey = "", level = "", back = "/", crossed } = root.dataset;
/** A page of the same host shows this one in a frame and waits. */
const inline = new URLSearchParams(location.search).has("inline") && parent != window;
/** Whether a form was sent here, which the browser can send again. */
const form = root.dataset.state == "form";

/** The tab says what the heading says. */
const entitle = (): void => {
  document.title = document.querySelector(`h1.on-${root.dataset.state}`)?.textContent ?? document.title;
};
entitle();

const show = (state: string): void => {
  root.dataset.state = state;
  entitle();
};

/** Whether a page of another site shows this one, or sent the form to it. */
function framed(): boolean {
  try {
    return crossed == "" || top!.location.origin != location.origin;
  } catch {
    return true;
  }
}

async function redeem(token: string): Promise<void> {
  const asked: ClearanceRequest = { to, token, framed: framed() };
  const answer = await fetch("/.well-known/munjigi/clearance", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(asked),
  });
  if (answer.ok) {
    const { path }: ClearanceReply = await answer.json();
    if (inline) parent.postMessage({ munjigi: 1, type: "clearance" }, location.origin);
    else if (form) show("passed");
    // What the browser alone knows of the address.
    else location.replace(path + location.hash);
    return;
  }
  const { code }: Problem = await answer.json();
  if (code == "challenge-expired") show("stale");
  else if (code == "cookies-required") show("cookies");
  else if (code == "rate-limited") show("busy");
  else show("failed");
}

/** Sends the form again. A script's reload() makes a GET of it in WebKit: there it is filled in still. */
const resend = (): void => {
  if (/^Apple/.test(navigator.vendor) && history.length > 1) history.back();
  else location.reload();
};

document.getElementById("send")!.onclick = resend;
const again = document.getElementById("again") as HTMLAnchorElement;
again.href = back + location.hash;
// A form that was sent here is still what the browser would send.
again.onclick = () => !form || (resend(), false);

if (to) {
  const { munjigi } = window;
  if (!munjigi) show("failed");
  munjigi?.render("#widget", {
    sitekey,
    action: level == "pictured" ? "clearance/pictured" : "clearance",
    size: "flexible",
    language: root.lang,
    callback: (token: string) => void redeem(token).catch(() => show("failed")),
  });
  munjigi?.execute();
}

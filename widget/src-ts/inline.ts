// Clearance without leaving the page: a request that was refused for want of it is repeated once the
// page that gives it, shown in a dialog, has set its cookie.
import type { ClearanceWanted } from "./protocol";

/** The page of this host. */
const PAGE = "/.well-known/munjigi/clearance?";

/** The dialog that is open: requests that are refused meanwhile wait for the same one. */
let open: Promise<boolean> | undefined;

/** Shows the page; whether it gave clearance before it was closed. */
const show = (page: string): Promise<boolean> =>
  new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    const frame = document.createElement("iframe");
    const end = (given: boolean): void => {
      removeEventListener("message", listen);
      dialog.remove();
      open = undefined;
      resolve(given);
    };
    const listen = ({ source, data }: MessageEvent): void => {
      if (source == frame.contentWindow && data?.type == "clearance") end(true);
    };
    addEventListener("message", listen);
    dialog.onclose = () => end(false);
    frame.src = page + "&inline";
    frame.title = "Munjigi CAPTCHA";
    frame.style.cssText = "border:0;width:min(36rem,80vw);height:min(30rem,75vh)";
    dialog.append(frame);
    document.body.append(dialog);
    dialog.showModal();
  });

/** Makes a request, and where its path needs clearance, once more after earning it. */
export async function clearance(ask: () => Promise<Response>): Promise<Response> {
  const answer = await ask();
  const problem = answer.status == 403 && (await answer.clone().json().catch(() => 0));
  const wanted: ClearanceWanted | undefined = problem && problem.clearance;
  // The answer may be anyone's: no other address is opened in this page.
  const page = String(wanted && wanted.page);
  return page.startsWith(PAGE) && (await (open ||= show(page))) ? ask() : answer;
}

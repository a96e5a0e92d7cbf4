// Loads images, and finds out why if one fails.
import { why } from "../why";

/** How long an image may take. */
const LOAD_MS = 3e4;

/**
 * A loaded image of a path of the edge, which the frame sees from `v1/frame/{sitekey}`; rejects as
 * [`why`] says. It is not required to be decoded: in a frame that is not painted, as an invisible
 * widget's or one in a background tab, Chromium may never finish.
 */
export async function image(path: string): Promise<HTMLImageElement> {
  const source = `../..${path}`;
  const element = new Image();
  let late = 0;
  try {
    await new Promise((then, or) => {
      element.onload = then;
      element.onerror = or;
      late = setTimeout(or, LOAD_MS);
      element.src = source;
    });
    return element;
  } catch {
    throw await why(source);
  } finally {
    clearTimeout(late);
  }
}

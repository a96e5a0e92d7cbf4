// Brings images, and says why where one does not come.
import { why } from "../why";

/** How long one may take. */
const LOAD_MS = 3e4;

/**
 * An image that is there; rejects as [`why`] says. Whether it is decoded is not asked: in a frame
 * that is not painted, as an invisible widget's or one in a tab behind, Chromium may never answer.
 */
export async function image(path: string): Promise<HTMLImageElement> {
  const element = new Image();
  let late = 0;
  try {
    await new Promise((then, or) => {
      element.onload = then;
      element.onerror = or;
      late = setTimeout(or, LOAD_MS);
      element.src = path;
    });
    return element;
  } catch {
    throw await why(path);
  } finally {
    clearTimeout(late);
  }
}

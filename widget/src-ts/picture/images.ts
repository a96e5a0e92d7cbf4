// Brings images, and says why where one does not come.

/** How long one may take. */
const LOAD_MS = 3e4;

/** An image that is ready to be painted; rejects with an HTTP status, 0 where there was no answer. */
export async function image(path: string): Promise<HTMLImageElement> {
  const element = new Image();
  element.src = path;
  const late = new Promise((_, or) => setTimeout(or, LOAD_MS));
  try {
    await Promise.race([element.decode(), late]);
    return element;
  } catch {
    // The element does not say what went wrong; asked again, the answer does.
    const { ok, status } = await fetch(path).catch(() => ({ ok: false, status: 0 }));
    throw ok ? 404 : status;
  }
}

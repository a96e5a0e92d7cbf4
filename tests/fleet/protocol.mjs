// The bare debugging protocol of a browser, with none of its domains switched on.

/**
 * @typedef {object} Page
 * @property {(method: string, params?: object) => Promise<any>} send
 * @property {() => void} close
 */

/**
 * The first page of a browser whose address begins so: if nothing else is said, one that is not blank.
 * @param {string} base its debugging port's address
 * @param {string} [start]
 * @returns {Promise<Page>}
 */
export async function connect(base, start = 'http') {
  const targets = await (await fetch(`${base}/json/list`)).json();
  const target = targets.find((/** @type {any} */ each) => each.type === 'page' && each.url.startsWith(start));
  if (!target) throw new Error('the page did not open');
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', reject, { once: true });
  });
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
  const waiting = new Map();
  let last = 0;
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = JSON.parse(data);
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error) asked?.reject(new Error(error.message));
    else asked?.resolve(result);
  });
  /** @param {string} method @param {object} [params] @returns {Promise<any>} */
  const send = (method, params = {}) => new Promise((resolve, reject) => {
    last += 1;
    waiting.set(last, { resolve, reject });
    socket.send(JSON.stringify({ id: last, method, params }));
  });
  return { send, close: () => socket.close() };
}

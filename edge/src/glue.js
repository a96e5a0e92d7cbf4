// The few calls into the platform that would otherwise cross between Wasm and
// JavaScript a dozen times per request. No rules here.

// The platform's own costs a call out of V8 each time; a promise does not.
const settled = Promise.resolve();
globalThis.queueMicrotask = (task) => void settled.then(task);

/**
 * A response from a text: content type, cache rule, request id and further
 * headers a line each, an empty line, the body.
 */
export const respond = (status, text) => respondBytes(status, text, undefined);

/** The same; what `bytes` are, unless undefined, is the body. */
export function respondBytes(status, text, bytes) {
  const end = text.indexOf("\n\n");
  const [type, cache, id, ...more] = text.slice(0, end).split("\n");
  const headers = {
    "Content-Type": type,
    "Cache-Control": cache,
    "Munjigi-Request-Id": id,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  };
  const cookies = [];
  for (const line of more) {
    const colon = line.indexOf(":");
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1)];
    // There may be several of these alone.
    if (name === "Set-Cookie") cookies.push(value);
    else headers[name] = value;
  }
  const body = bytes === undefined ? text.slice(end + 2) : bytes;
  const response = new Response(body, { status, headers });
  for (const cookie of cookies) response.headers.append("Set-Cookie", cookie);
  return response;
}

/** Where an image lies in the platform's cache: a name that no one outside can ask for. */
const cached = (key, at) => new Request(`https://pictures.invalid/${key}/${at}`);

/** The platform's cache, which is not everywhere. */
async function remembered(name) {
  try {
    const response = await caches.default.match(name);
    return response && (await response.arrayBuffer());
  } catch {
    return undefined;
  }
}

/** Part of an object, or null. */
export async function picture(bucket, key, offset, length) {
  const name = cached(key, offset);
  const known = await remembered(name);
  if (known?.byteLength === length) return known;
  const object = await bucket.get(key, { range: { offset, length } });
  if (object === null) return null;
  const bytes = await object.arrayBuffer();
  const headers = { "Cache-Control": "public, max-age=86400" };
  try {
    await caches.default.put(name, new Response(bytes, { headers }));
  } catch {
    // Served from the bucket each time.
  }
  return bytes;
}

/** Keeps an object. */
export const storeObject = (bucket, key, bytes) => bucket.put(key, bytes);

/** An object's length, or null. */
export async function objectLength(bucket, key) {
  const head = await bucket.head(key);
  return head === null ? null : head.size;
}

/** The bytes of a body of unknown length, or null once it is longer than `cap`. */
export async function read(request, cap) {
  if (request.body === null) return new ArrayBuffer();
  const chunks = [];
  let total = 0;
  for await (const chunk of request.body) {
    total += chunk.byteLength;
    if (total > cap) return null;
    chunks.push(chunk);
  }
  return new Blob(chunks).arrayBuffer();
}

/**
 * Posts JSON with a signature; gives the status, or 0 when no one answered in time, a space, and
 * where the origin's store is, if it says so.
 */
export async function post(url, body, signature) {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Munjigi-Signature": signature },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(10_000),
    });
    await response.body?.cancel();
    return `${response.status} ${response.headers.get("Munjigi-Store") ?? ""}`;
  } catch {
    return "0 ";
  }
}

/**
 * Asks an object. Command and reply travel in the URL and in a header: both
 * are short, and a body is a stream that has to be read on each side.
 */
export async function ask(namespace, name, url) {
  const response = await namespace.getByName(name).fetch(url);
  return response.headers.get("reply");
}

/** Asks an object with bytes, for at most five seconds; gives the bytes of its reply. */
export async function exchange(namespace, name, body) {
  const signal = AbortSignal.timeout(5_000);
  const object = namespace.getByName(name);
  const response = await object.fetch("https://object/", { method: "POST", body, signal });
  return new Uint8Array(await response.arrayBuffer());
}

/** Every row of a statement, each as an array. */
export function rows(sql, query, params) {
  return sql.exec(query, ...params).raw().toArray();
}

/** Runs an INSERT … RETURNING; whether a row was inserted. */
export function insert(sql, query, id, n, call, token, at, facts) {
  const params = [id.slice().buffer, n, call.slice().buffer, token.slice().buffer, at];
  return !sql.exec(query, ...params, facts.slice().buffer).raw().next().done;
}

/** Puts a text on a queue. */
export async function enqueue(queue, text) {
  await queue.send(text, { contentType: "text" });
}

/** The messages of a batch. */
export const messages = (batch) => batch.messages;

/** A message as text, whether the queue has parsed it or not. */
export const messageText = ({ body }) => (typeof body === "string" ? body : JSON.stringify(body));

/** How often a message has come, this time included. */
export const attempts = (message) => message.attempts ?? 1;

/** Ends a message's delivery, or, unless that is 0, has it come again in so many seconds. */
export const settleMessage = (message, delaySeconds) =>
  delaySeconds > 0 ? message.retry({ delaySeconds }) : message.ack();

/** Whether a rate limiter lets a key pass. */
export async function allow(limiter, key) {
  return (await limiter.limit({ key })).success;
}

/** Asks many objects at once; how many replied with `expected`. */
export async function askAll(namespace, names, url, expected) {
  const asked = names.map((name) => ask(namespace, name, url));
  const replies = await Promise.allSettled(asked);
  return replies.filter((reply) => reply.value === expected).length;
}

/** The text of a static asset, or null. */
export async function asset(assets, path) {
  const response = await assets.fetch("https://assets" + path);
  return response.ok ? response.text() : null;
}

/** The value of a key, or null. */
export const load = (store, key) => store.get(key);

/** Keeps a value; for so many seconds, unless that is 0. */
export const store = (store, key, value, seconds) =>
  store.put(key, value, seconds > 0 ? { expirationTtl: seconds } : {});

/** Forgets a key. */
export const remove = (store, key) => store.delete(key);

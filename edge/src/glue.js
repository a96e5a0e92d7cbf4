// The few calls into the platform that would otherwise cross between Wasm and
// JavaScript a dozen times per request. No rules here.

const always = {
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** A response with the headers that every answer carries; `extra` is a flat list of pairs. */
export function respond(status, type, cache, id, body, extra) {
  const headers = {
    ...always,
    "Content-Type": type,
    "Cache-Control": cache,
    "Munjigi-Request-Id": id,
  };
  for (let i = 0; i + 1 < extra.length; i += 2) headers[extra[i]] = extra[i + 1];
  return new Response(body, { status, headers });
}

/** The body's bytes, or null once it is known to be longer than `cap`. */
export async function read(message, cap) {
  const length = message.headers.get("content-length");
  if (length !== null) {
    return Number(length) > cap ? null : new Uint8Array(await message.arrayBuffer());
  }
  if (message.body === null) return new Uint8Array();
  const reader = message.body.getReader();
  const chunks = [];
  let total = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    total += value.byteLength;
    if (total > cap) {
      await reader.cancel();
      return null;
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(total);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

/** Posts JSON with a signature; gives the status, or 0 when nobody answered in time. */
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
    return response.status;
  } catch {
    return 0;
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

/** An object's reply. */
export function reply(text) {
  return new Response(null, { headers: { reply: text } });
}

/** Every row of a statement, each as an array. */
export function rows(sql, query, params) {
  return sql.exec(query, ...params).raw().toArray();
}

/** Runs an INSERT … RETURNING; whether a row was inserted. */
export function insert(sql, query, id, call, token, at, facts) {
  const params = [id.slice().buffer, call.slice().buffer, token.slice().buffer, at];
  return !sql.exec(query, ...params, facts.slice().buffer).raw().next().done;
}

/** Puts a text on a queue. */
export async function enqueue(queue, text) {
  await queue.send(text, { contentType: "text" });
}

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

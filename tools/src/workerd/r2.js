// The platform's R2 for plain workerd, which has a binding for it and no bundled service:
// implements what the binding requests over HTTP (a request as JSON in a header, or in front of the
// body, and an answer of the same form), with one SQLite object per bucket. No multipart uploads
// and no conditions: Munjigi uses neither. A bucket can be made unavailable, for tests of outages.
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";

// A row of a SQLite object holds less than 2 MiB.
const CHUNK = 1024 * 1024;
const INTERNAL = 10001;
const NO_SUCH_KEY = 10007;
const NOT_IMPLEMENTED = 10051;

const text = new TextEncoder();
const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

class Refused extends Error {
  constructor(status, v4code, message) {
    super(message);
    this.status = status;
    this.v4code = v4code;
  }

  answer() {
    const error = JSON.stringify({ version: 1, v4code: this.v4code, message: this.message });
    return new Response(null, { status: this.status, headers: { "cf-r2-error": error } });
  }
}

function answer(described, body = new Uint8Array()) {
  const head = text.encode(JSON.stringify(described));
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  const headers = { "cf-r2-metadata-size": String(head.length), "content-type": "application/json" };
  return new Response(whole, { headers });
}

async function read(request) {
  const size = Number(request.headers.get("cf-r2-metadata-size") ?? "0");
  const body = new Uint8Array(await request.arrayBuffer());
  const given = request.headers.get("cf-r2-request");
  const asked = JSON.parse(given ?? new TextDecoder().decode(body.subarray(0, size)));
  return { asked, value: body.subarray(given === null ? size : 0) };
}

function span({ offset, length, suffix } = {}, size) {
  const from = suffix === undefined ? Number(offset ?? 0) : Math.max(0, size - Number(suffix));
  const most = length === undefined ? size - from : Number(length);
  return { offset: from, length: Math.max(0, Math.min(most, size - from)) };
}

export class Bucket extends DurableObject {
  #sql;

  constructor(ctx, env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS object (key TEXT PRIMARY KEY, described TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS chunk (key TEXT, number INTEGER, bytes BLOB, PRIMARY KEY (key, number));
      CREATE TABLE IF NOT EXISTS away (since INTEGER)`);
  }

  setAway(away) {
    this.#sql.exec("DELETE FROM away");
    if (away) this.#sql.exec("INSERT INTO away VALUES (?)", Date.now());
  }

  #described(key) {
    const [row] = this.#sql.exec("SELECT described FROM object WHERE key = ?", key);
    if (!row) throw new Refused(404, NO_SUCH_KEY, "The specified key does not exist.");
    return JSON.parse(row.described);
  }

  #bytes(key, { offset, length }) {
    const first = Math.floor(offset / CHUNK);
    const last = Math.floor(Math.max(offset, offset + length - 1) / CHUNK);
    const found = new Uint8Array((last - first + 1) * CHUNK);
    const rows = "SELECT number, bytes FROM chunk WHERE key = ? AND number BETWEEN ? AND ?";
    for (const { number, bytes } of this.#sql.exec(rows, key, first, last)) {
      found.set(new Uint8Array(bytes), (number - first) * CHUNK);
    }
    return found.subarray(offset - first * CHUNK, offset - first * CHUNK + length);
  }

  #remove(key) {
    this.#sql.exec("DELETE FROM object WHERE key = ?", key);
    this.#sql.exec("DELETE FROM chunk WHERE key = ?", key);
  }

  async #put({ object: key, httpFields = {}, customFields = [] }, value) {
    const etag = hex(await crypto.subtle.digest("MD5", value));
    const version = hex(crypto.getRandomValues(new Uint8Array(16)));
    const described = {
      name: key,
      version,
      size: value.length,
      etag,
      uploaded: Date.now(),
      httpFields,
      customFields,
      checksums: { 0: etag },
    };
    this.ctx.storage.transactionSync(() => {
      this.#remove(key);
      this.#sql.exec("INSERT INTO object VALUES (?, ?)", key, JSON.stringify(described));
      for (let at = 0; at < value.length; at += CHUNK) {
        const chunk = value.slice(at, at + CHUNK);
        this.#sql.exec("INSERT INTO chunk VALUES (?, ?, ?)", key, at / CHUNK, chunk.buffer);
      }
    });
    return answer(described);
  }

  #list({ prefix = "", limit = 1000, cursor }) {
    const rows = this.#sql.exec(
      `SELECT key, described FROM object WHERE substr(key, 1, length(?1)) = ?1 AND key > ?2
       ORDER BY key LIMIT ?3`, prefix, cursor ?? "", limit + 1).toArray();
    const truncated = rows.length > limit;
    const shown = rows.slice(0, limit);
    const objects = shown.map(({ described }) => JSON.parse(described));
    return answer({ objects, truncated, delimitedPrefixes: [], cursor: truncated ? shown.at(-1).key : undefined });
  }

  #serve(asked, value) {
    if (this.#sql.exec("SELECT 1 FROM away").toArray().length) {
      throw new Refused(500, INTERNAL, "We encountered an internal error. Please try again.");
    }
    switch (asked.method) {
      case "head":
        return answer(this.#described(asked.object));
      case "get": {
        const described = this.#described(asked.object);
        const range = span(asked.range, described.size);
        return answer({ ...described, range }, this.#bytes(asked.object, range));
      }
      case "put":
        return this.#put(asked, value);
      case "delete":
        for (const key of asked.objects ?? [asked.object]) this.#remove(key);
        return new Response();
      case "list":
        return this.#list(asked);
      default:
        throw new Refused(501, NOT_IMPLEMENTED, `no ${asked.method} here`);
    }
  }

  async fetch(request) {
    const { asked, value } = await read(request);
    try {
      return await this.#serve(asked, value);
    } catch (error) {
      if (error instanceof Refused) return error.answer();
      throw error;
    }
  }
}

export default class extends WorkerEntrypoint {
  fetch(request) {
    return this.env.BUCKETS.getByName(this.ctx.props.bucket).fetch(request);
  }
}

// PUT: the bucket fails from now on; DELETE: no longer.
export class Away extends WorkerEntrypoint {
  async fetch(request) {
    await this.env.BUCKETS.getByName(this.ctx.props.bucket).setAway(request.method === "PUT");
    return new Response(null, { status: 204 });
  }
}

// A simulated edge: serves `dist/`, deals trivial puzzles and pictures drawn here, and answers as
// it is told. For tests of what a visitor sees; what the edge does is tested against the real edge.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { crc32, deflateSync } from "node:zlib";
import { room } from "./load.mjs";

const DIST = join(room, "../dist");
/** @type {Record<string, string>} */
const TYPES = { js: "text/javascript", wasm: "application/wasm", json: "application/json", css: "text/css", html: "text/html", ts: "text/plain" };

/**
 * Cells of plain colours with a round thing in each, as PNG.
 * @param {number} columns
 * @param {number} rows
 * @param {number} width of a cell
 * @param {number} height
 * @param {number} [size]
 */
export function draw(columns, rows, width, height, size = 96) {
  const line = 1 + columns * width * 3;
  const raw = Buffer.alloc(line * rows * height);
  for (let y = 0; y < rows * height; y += 1)
    for (let x = 0; x < columns * width; x += 1) {
      const cell = Math.floor(y / height) * columns + Math.floor(x / width);
      const from = Math.hypot((x % width) - width / 2 - (cell % 5) * 6, (y % height) - height / 2 + (cell % 3) * 8);
      const hue = (cell * 67) % 360;
      const shade = from < size / 3 ? 1 : 0.35;
      for (let part = 0; part < 3; part += 1)
        raw[y * line + 1 + x * 3 + part] = 110 + 100 * shade * Math.cos(((hue + part * 120) * Math.PI) / 180) + (shade < 1 ? 60 : 0);
    }
  const chunk = (/** @type {string} */ name, /** @type {Buffer} */ data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(columns * width, 0);
  head.writeUInt32BE(rows * height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(raw)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** @type {Record<string, () => Buffer>} */
const IMAGES = { grid: () => draw(3, 3, 128, 128), area: () => draw(1, 1, 480, 320), turn: () => draw(4, 4, 128, 128), model: () => draw(1, 1, 192, 192) };

/** The steps; `rounds` of them. */
export const STEPS = {
  grid: { rows: 3, columns: 3, rounds: [["bicycle", "grid"]] },
  area: { rows: 1, columns: 1, rounds: [["teapot", "area"], ["snowman", "area"]] },
  turn: { rows: 4, columns: 4, rounds: [["boat", "turn", "model"], ["house", "turn", "model"]] },
};

/** The value of `cut` for a path whose answer breaks off. */
export const HALF = "half";
const FAULT = "/fault";
/** Makes the frame report uncaught errors, which the page cannot see. */
const TELL = `if (globalThis.document) for (const kind of ["error", "unhandledrejection"])
  addEventListener(kind, ({ reason, message }) => fetch("${FAULT}", { method: "POST", body: String(reason ?? message) }));
`;

/**
 * @typedef {{rows: number, columns: number, rounds: string[][]}} Step of a picture; a round has a prompt and images
 * @typedef {[path: string, of: {only?: string, status?: number, code?: string, after?: number}]} Refusal
 *   of a POST, once; `only` is a field that its body must have, and without `status` there is no answer
 *
 * @typedef {object} Script what the edge does next
 * @property {keyof typeof STEPS | ""} type of picture, none if empty
 * @property {(answer: any) => boolean} right predicate of the answer to a picture
 * @property {string} mode of the site
 * @property {number} expires_in seconds that a picture is valid
 * @property {number} work of the first puzzle
 * @property {number} way work of the puzzle in place of a picture
 * @property {Refusal[]} refuse answers to the next POSTs by path
 * @property {string} [algorithm] of the puzzles
 * @property {Partial<Step>} [step] other than in `STEPS`
 * @property {(path: string) => unknown} [cut] paths that cannot be reached, or whose answer breaks off
 * @property {(path: string) => number | false | undefined} [lost] status of images that do not exist
 * @property {(body: any) => unknown} [pause] before a POST is answered
 *
 * @typedef {object} Edge
 * @property {string} url
 * @property {string} [edge] `url`, under its name in a stage
 * @property {Script} script
 * @property {{path: string, body?: any}[]} seen what was asked
 * @property {string[]} faults uncaught errors in the frame
 */

/**
 * Simulates an edge.
 * @param {{after: (close: () => void) => void}} t
 * @param {Partial<Script>} [script]
 */
export async function playEdge(t, script = {}) {
  /** @type {Edge} */
  const edge = { faults: [], script: { type: "grid", right: () => true, mode: "managed", expires_in: 900, work: 200, way: 2_000, refuse: [], ...script }, seen: [], url: "" };
  const folder = process.env.MUNJIGI_PICTURES;
  /** @type {Record<string, Buffer>} */
  const drawn = {};
  let dealt = 0;
  /** @param {string} name @returns {[Buffer, string]} */
  const image = (name) => {
    const real = folder && join(folder, `${name}.jpg`);
    if (real && existsSync(real)) return [readFileSync(real), "image/jpeg"];
    const kind = name.replace(/\d+$/, "");
    return [(drawn[kind] ??= IMAGES[kind]()), "image/png"];
  };
  const puzzle = (/** @type {string} */ challenge, /** @type {number} */ work, first = 0) => ({
    challenge,
    expires_in: 300,
    step: { kind: "puzzle", algorithm: edge.script.algorithm ?? "hashwx", id: randomBytes(16).toString("base64url"), first, count: 8, work, epoch_len: 65_536 },
  });
  const picture = () => {
    const { type, expires_in } = edge.script;
    const { rows, columns, rounds } = { ...STEPS[/** @type {keyof typeof STEPS} */ (type)], ...edge.script.step };
    dealt += 1;
    return {
      challenge: `mj1.picture.${dealt}`,
      expires_in,
      step: {
        kind: "picture",
        type,
        rows,
        columns,
        rounds: rounds.map(([prompt, ...images], round) => ({
          prompt,
          images: images.map((name) => `/v1/pictures/${name}${(round + dealt - 1) % 3}.${dealt}-${round}`),
        })),
      },
    };
  };
  /** @param {string} path @param {any} body @returns {[number, object]} */
  const answer = (path, body) => {
    if (path == "/v1/challenges") {
      edge.script.algorithm = body.algorithms[0];
      return [200, puzzle("mj1.first", edge.script.work)];
    }
    if (body.want) return [200, { status: "next", ...puzzle("mj1.way", edge.script.way, 8) }];
    if (edge.script.type && body.nonces && body.challenge == "mj1.first") return [200, { status: "next", ...picture() }];
    if (body.answer && !edge.script.right(body.answer)) return [422, { code: "answer-wrong" }];
    return [200, { status: "passed", token: `mj1.token.${edge.seen.length}`, expires_in: 300 }];
  };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(/** @type {string} */ (request.url), "http://edge");
    const cut = edge.script.cut?.(pathname);
    /** @param {number} status @param {string} type @param {string | Buffer} body @param {Record<string, string | number>} [headers] */
    const send = (status, type, body, headers = {}) => {
      const bytes = Buffer.from(body);
      response.writeHead(status, { "content-type": type, "content-length": bytes.length, ...headers });
      if (cut != HALF) return response.end(bytes);
      return response.write(bytes.subarray(0, bytes.length / 2), () => request.socket.destroy());
    };
    if (pathname == FAULT) {
      edge.faults.push(await text(request));
      return send(204, "text/plain", "");
    }
    if (cut && cut != HALF) return request.socket.destroy();
    if (request.method == "POST") {
      const body = JSON.parse(await text(request));
      edge.seen.push({ path: pathname, body });
      await edge.script.pause?.(body);
      const at = edge.script.refuse.findIndex(([path, of]) => path == pathname && (!of.only || of.only in body));
      if (at >= 0) {
        const [[, { status, code, after }]] = edge.script.refuse.splice(at, 1);
        if (!status) return request.socket.destroy();
        return send(status, "application/problem+json", JSON.stringify({ code }), after ? { "retry-after": after } : {});
      }
      const [status, reply] = answer(pathname, body);
      return send(status, "application/json", JSON.stringify(reply));
    }
    if (pathname.startsWith("/v1/frame/")) {
      const document = readFileSync(join(DIST, "_frame.html"), "utf8");
      const html = document.replace("<html", `<html data-mode="${edge.script.mode}" data-fallback="on"`);
      return send(200, "text/html; charset=utf-8", html, { "content-security-policy": "frame-ancestors *" });
    }
    if (pathname.startsWith("/v1/pictures/")) {
      edge.seen.push({ path: pathname });
      const status = edge.script.lost?.(pathname) || 200;
      if (status != 200) return send(status, "text/plain", "");
      const [bytes, type] = image(/** @type {string} */ (pathname.split("/").pop()).split(".")[0]);
      return send(200, type, bytes, { "cache-control": "private, max-age=900, immutable" });
    }
    const file = join(DIST, pathname);
    if (!existsSync(file)) return send(404, "text/plain", "");
    // As frame/_headers has it: pages import what is there.
    const headers = { "cache-control": "no-store", ...(pathname.startsWith("/v1/") && { "access-control-allow-origin": "*" }) };
    const bytes = readFileSync(file);
    const whole = /^\/assets\/frame\./.test(pathname) ? Buffer.concat([Buffer.from(TELL), bytes]) : bytes;
    return send(200, TYPES[/** @type {string} */ (pathname.split(".").pop())] ?? "text/plain", whole, headers);
  });
  await /** @type {Promise<void>} */ (new Promise((then) => server.listen(0, "127.0.0.1", then)));
  edge.url = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;
  edge.edge = edge.url;
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return edge;
}

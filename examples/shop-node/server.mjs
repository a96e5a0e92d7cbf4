// A shop with one form. It shows what a customer of Munjigi writes: two lines of HTML (page.mjs),
// one POST (verify.mjs), one Content-Security-Policy (below).

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

import { form, message, welcome } from "./page.mjs";
import { language } from "./texts.mjs";
import { verify } from "./verify.mjs";

const MAX_BODY_BYTES = 16 * 1024;
const MAX_REPORTS = 100;

function required(name) {
  const value = process.env[name];
  if (!value) {
    console.error(`${name} is not set; see README.md`);
    process.exit(1);
  }
  return value;
}

const edge = (process.env.MUNJIGI_EDGE ?? "http://127.0.0.1:8787").replace(/\/+$/, "");
const sitekey = required("MUNJIGI_SITEKEY");
const secret = required("MUNJIGI_SECRET");
const port = Number(process.env.PORT ?? 8788);

const style = await readFile(new URL("style.css", import.meta.url));
const signUps = [];
const reports = [];

// One host may run scripts and be framed; nothing may be inline.
const policy = [
  "default-src 'self'",
  `script-src ${edge}`,
  `frame-src ${edge}`,
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "report-uri /csp-report",
].join("; ");

class TooLarge extends Error {}

async function body(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new TooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function send(response, status, content, type = "text/html; charset=utf-8") {
  response.writeHead(status, {
    "content-type": type,
    "content-security-policy": policy,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  });
  response.end(content);
}

async function signUp(request, response, url, lang) {
  const fields = new URLSearchParams(await body(request));
  const entered = { name: (fields.get("name") ?? "").trim(), email: (fields.get("email") ?? "").trim() };
  const again = (status, problem) =>
    send(response, status, form({ lang, edge, sitekey, problem, entered }));

  if (!entered.name || !entered.email.includes("@")) return again(422, "fields");
  const outcome = await verify({
    edge,
    secret,
    response: fields.get("munjigi-response"),
    action: "signup",
    hostname: url.hostname,
  });
  if (outcome === "not-confirmed") return again(422, outcome);
  if (outcome === "unreachable") return again(503, outcome);
  signUps.push(entered);
  send(response, 200, welcome(lang, entered.name));
}

async function report(request, response) {
  reports.push(await body(request));
  reports.splice(0, reports.length - MAX_REPORTS);
  console.warn("content security policy: a browser reported a violation");
  send(response, 204);
}

async function answer(request, response) {
  const url = new URL(request.url, `http://${request.headers.host ?? "localhost"}`);
  const lang = language(url, request.headers["accept-language"]);
  const method = request.method === "HEAD" ? "GET" : request.method;
  switch (`${method} ${url.pathname}`) {
    case "GET /":
      return send(response, 200, form({ lang, edge, sitekey }));
    case "POST /signup":
      return signUp(request, response, url, lang);
    case "GET /style.css":
      return send(response, 200, style, "text/css; charset=utf-8");
    case "POST /csp-report":
      return report(request, response);
    case "GET /csp-report":
      return send(response, 200, JSON.stringify(reports), "application/json");
    default:
      return send(response, 404, message(lang, "missing"));
  }
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    if (error instanceof TooLarge) return send(response, 413, message("en", "tooLarge"));
    console.error(error);
    send(response, error instanceof TypeError ? 400 : 500, message("en", "missing"));
  });
});

server.listen(port, "127.0.0.1", () => console.log(`shop: http://localhost:${port}`));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));

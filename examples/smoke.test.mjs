// Checks that every example shop behaves the same, against an edge of three lines, so that it needs
// nothing but the shop itself. The journeys in tests/ use the real edge.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import test from "node:test";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// Commands come from the environment if a shop has to be built or needs an interpreter; a shop
// without one is skipped with its reason.
const SHOPS = {
  node: [process.execPath, here("shop-node/server.mjs")],
  rust: process.env.MUNJIGI_SHOP_RUST && [process.env.MUNJIGI_SHOP_RUST],
  flask: process.env.MUNJIGI_PYTHON && [process.env.MUNJIGI_PYTHON, here("shop-flask/shop.py")],
};

const GOOD = "mj1.good";

// Confirms one token for the action and host that the shop has to check.
async function fakeEdge(t) {
  const seen = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const asked = JSON.parse(Buffer.concat(chunks).toString());
    seen.push(asked);
    const [token, action = "signup", hostname = "localhost"] = asked.response.split("|");
    const success = token === GOOD && asked.secret === "mjs_test";
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ success, action, hostname, "error-codes": [] }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}`, seen, server };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function start(t, [program, ...args], edge) {
  const port = await freePort();
  const child = spawn(program, args, {
    env: {
      ...process.env,
      MUNJIGI_EDGE: edge,
      MUNJIGI_SITEKEY: 'mj_"><b>',
      MUNJIGI_SECRET: "mjs_test",
      PORT: String(port),
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const url = `http://localhost:${port}`;
  const deadline = AbortSignal.timeout(20_000);
  for (;;) {
    deadline.throwIfAborted();
    assert.equal(child.exitCode, null, "the shop ended");
    const ready = await fetch(url).then((answer) => answer.ok, () => false);
    if (ready) return url;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function signUp(url, fields, headers = {}) {
  const body = new URLSearchParams({ name: "Kim <b>", email: "kim@example.com", ...fields });
  return fetch(`${url}/signup`, { method: "POST", body, headers });
}

for (const [name, command] of Object.entries(SHOPS)) {
  test(`the ${name} shop`, { skip: !command && "not built or no interpreter" }, async (t) => {
    const edge = await fakeEdge(t);
    const url = await start(t, command, edge.url);

    await t.test("shows a form with the two lines, under a strict policy", async () => {
      const answer = await fetch(url);
      const html = await answer.text();
      assert.equal(answer.status, 200);
      assert.ok(html.includes(`<script src="${edge.url}/v1/api.js" async defer></script>`));
      assert.match(html, /class="munjigi" data-sitekey="mj_&(quot|#34);&gt;&lt;b&gt;"/);
      const policy = answer.headers.get("content-security-policy");
      for (const part of [`script-src ${edge.url};`, `frame-src ${edge.url};`, "default-src 'self'"]) {
        assert.ok(policy.includes(part), part);
      }
      assert.ok(!policy.includes("unsafe"));
    });

    await t.test("signs up with a confirmed token and escapes what was typed", async () => {
      const answer = await signUp(url, { "munjigi-response": GOOD });
      const html = await answer.text();
      assert.equal(answer.status, 200);
      assert.ok(html.includes("Welcome, Kim &lt;b&gt;."), html);
      assert.deepEqual(edge.seen.at(-1), { secret: "mjs_test", response: GOOD });
    });

    await t.test("refuses a missing token, a bad one, another form's, another host's", async () => {
      for (const token of [undefined, "bad", `${GOOD}|login`, `${GOOD}|signup|evil.example`]) {
        const answer = await signUp(url, token ? { "munjigi-response": token } : {});
        const html = await answer.text();
        assert.equal(answer.status, 422, String(token));
        assert.ok(html.includes("could not confirm"), html);
        assert.ok(html.includes('value="kim@example.com"'), "what was typed stays");
      }
    });

    await t.test("asks for what is missing, in the visitor's language", async () => {
      const answer = await signUp(url, { name: "" }, { "accept-language": "ko-KR,ko;q=0.9" });
      assert.equal(answer.status, 422);
      assert.ok((await answer.text()).includes("이름과 이메일 주소를 적어 주세요"));
    });

    await t.test("keeps what browsers report", async () => {
      const report = JSON.stringify({ "csp-report": { "blocked-uri": "inline" } });
      const headers = { "content-type": "application/csp-report" };
      const answer = await fetch(`${url}/csp-report`, { method: "POST", body: report, headers });
      assert.equal(answer.status, 204);
      assert.deepEqual(await (await fetch(`${url}/csp-report`)).json(), [report]);
    });

    await t.test("refuses a huge body and an unknown page", async () => {
      const huge = await signUp(url, { name: "x".repeat(20_000) });
      assert.equal(huge.status, 413);
      assert.equal((await fetch(`${url}/nowhere`)).status, 404);
    });

    await t.test("says so when the check cannot be reached", async () => {
      edge.server.closeAllConnections();
      edge.server.close();
      await once(edge.server, "close");
      const answer = await signUp(url, { "munjigi-response": GOOD });
      assert.equal(answer.status, 503);
      assert.ok((await answer.text()).includes("cannot be reached"));
    });
  });
}

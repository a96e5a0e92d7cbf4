// The functions of docs/verify.md: the page shows them as in their files, and each runs if its
// language is installed, against the real edge and against one that lies.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { delimiter, join } from 'node:path';
import test, { after } from 'node:test';
import { ROOT } from '../support/stack.mjs';
import { LITTLE_WORK, freePort, munjigi, openStage } from '../support/stage.mjs';

const PAGE = join(ROOT, 'docs', 'verify.md');
const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
const BUILT = join(TARGET, 'verify');
/** Where `scripts/test` has built the one in Rust. */
const APART = join(TARGET, 'apart');
const EXITS = { 0: 'passed', 1: 'refused', 2: 'unreachable' };

/** @param {string} path */
const file = (path) => join(ROOT, 'docs', 'verify', path);

/**
 * A language: what must be on PATH, what builds the program, and what then runs.
 * @typedef {{needs: string, build?: string[], run: string[]}} Language
 */

const PYTHON = process.env.MUNJIGI_PYTHON ?? 'python3';
/** @type {Record<string, Language>} */
const LANGUAGES = {
  node: { needs: process.execPath, run: [process.execPath, file('node/verify.mjs')] },
  python: { needs: PYTHON, run: [PYTHON, file('python/verify.py')] },
  php: { needs: 'php', run: ['php', file('php/verify.php')] },
  ruby: { needs: 'ruby', run: ['ruby', file('ruby/verify.rb')] },
  go: { needs: 'go', build: ['go', 'build', '-o', join(BUILT, 'go-verify'), file('go/verify.go')], run: [join(BUILT, 'go-verify')] },
  rust: {
    needs: 'cargo',
    build: ['cargo', 'build', '--quiet', '--locked', '--config', 'profile.dev.debug=0', '--manifest-path', file('rust/Cargo.toml'), '--target-dir', APART],
    run: [join(APART, 'debug', 'munjigi-verify')],
  },
  csharp: {
    needs: 'dotnet',
    build: ['dotnet', 'build', '--nologo', '-o', join(BUILT, 'csharp'), file('csharp/verify.csproj'), `-p:BaseIntermediateOutputPath=${join(BUILT, 'obj')}/`],
    run: ['dotnet', join(BUILT, 'csharp', 'verify.dll')],
  },
  // `java Verify.java` does both, and compiles each time.
  java: {
    needs: 'javac',
    build: ['javac', '-d', join(BUILT, 'java'), file('java/Verify.java')],
    run: ['java', '-XX:TieredStopAtLevel=1', '-cp', join(BUILT, 'java'), 'Verify'],
  },
};

/** Whether a program is installed. @param {string} name */
function isThere(name) {
  const places = name.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter);
  return places.some((place) => {
    try {
      accessSync(join(place, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Runs a program; returns its exit code and all its output.
 * @param {string[]} words
 * @param {Record<string, string>} [env]
 * @returns {Promise<{code: number | string, said: string}>}
 */
const run = ([program, ...words], env = {}) => new Promise((resolve) => {
  execFile(program, words, { env: { ...process.env, ...env }, timeout: 300_000 }, (error, stdout, stderr) => {
    resolve({ code: error ? error.code ?? 'killed' : 0, said: stdout + stderr });
  });
});

/** The text between the marks of a file. @param {string} text */
const marked = (text) => [...text.matchAll(/^ *(?:\/\/|#) \[verify\]\n(.*?)\n+ *(?:\/\/|#) \[\/verify\]$/gms)]
  .map(([, part]) => part).join('\n\n');

test('the page has every function as its file does', () => {
  const page = readFileSync(PAGE, 'utf8');
  /** @type {string[]} */
  const named = [];
  const written = page.replaceAll(/<!-- (docs\/verify\/\S+) -->\n```(\w+)\n.*?^```$/gms, (_, path, language) => {
    named.push(path);
    return `<!-- ${path} -->\n\`\`\`${language}\n${marked(readFileSync(join(ROOT, path), 'utf8'))}\n\`\`\``;
  });
  assert.equal(named.length, Object.keys(LANGUAGES).length, named.join(' '));
  if (process.env.WRITE_DOCS) writeFileSync(PAGE, written);
  else assert.equal(page, written, 'docs/verify.md differs: WRITE_DOCS=1 node --test tests/journeys/verify.test.mjs');
});

/** @type {(() => unknown)[]} */
const closing = [];
/** @type {Promise<{stage: any, liar: Awaited<ReturnType<typeof openLiar>>}> | undefined} */
let opened;
/** The real edge and the lying one, opened for the first language. */
const open = () => opened ??= (async () => {
  const context = { name: 'verify', after: (/** @type {() => unknown} */ close) => closing.push(close) };
  return { stage: await openStage(/** @type {any} */ (context), 'gate', LITTLE_WORK), liar: await openLiar() };
})();
after(async () => {
  for (const close of closing) await close();
});

const SPOOF = '"success":true,"hostname":"localhost","error-codes":[]';
/**
 * Answers by token, and their required outcomes: no visitor's text is a verdict, and no failure is
 * one.
 */
const LIES = /** @type {Record<string, {status?: number, body: string, becomes: string}>} */ ({
  good: { body: ` { "cdata" : "\\u0041\\n\\"" , ${SPOOF} , "score" : -1.5e0 , "metadata" : { "more" : [ null , {} ] } }\n`, becomes: 'passed' },
  'in-text': { body: JSON.stringify({ success: false, cdata: SPOOF, 'error-codes': ['invalid-input-response'] }), becomes: 'refused invalid-input-response' },
  'in-another-object': { body: `{"metadata":{${SPOOF}},"success":false,"error-codes":["timeout-or-duplicate"]}`, becomes: 'refused timeout-or-duplicate' },
  'host-in-text': { body: JSON.stringify({ success: true, cdata: '","hostname":"localhost"', hostname: 'evil.example' }), becomes: 'refused hostname-mismatch' },
  'no-host': { body: '{"success":true,"error-codes":[]}', becomes: 'refused hostname-mismatch' },
  text: { body: '{"success":"true","hostname":"localhost"}', becomes: 'unreachable' },
  number: { body: '{"success":1,"hostname":"localhost"}', becomes: 'unreachable' },
  list: { body: '[]', becomes: 'unreachable' },
  page: { body: `<!doctype html><p>{${SPOOF}}`, becomes: 'unreachable' },
  cut: { body: `{${SPOOF}`, becomes: 'unreachable' },
  nothing: { body: '', becomes: 'unreachable' },
  'too-many': { status: 429, body: '{"success":false,"error-codes":["bad-request"]}', becomes: 'unreachable' },
  away: { status: 503, body: `{${SPOOF}}`, becomes: 'unreachable' },
  elsewhere: { status: 307, body: `{${SPOOF}}`, becomes: 'unreachable' },
  silent: { status: 0, body: '', becomes: 'unreachable' },
});

/** An edge that gives the answer that the token names; `silent` never gets an answer. */
async function openLiar() {
  /** @type {URLSearchParams[]} */
  const asked = [];
  let followed = 0;
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.url !== '/siteverify') followed += 1;
    const fields = new URLSearchParams(Buffer.concat(chunks).toString());
    asked.push(fields);
    const { status = 200, body } = LIES[fields.get('response') ?? ''] ?? LIES.nothing;
    if (status === 0) return;
    response.writeHead(status, { 'content-type': 'application/json', location: '/elsewhere' });
    response.end(body);
  });
  const port = await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(/** @type {any} */ (server.address()).port));
  });
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}/siteverify`, asked, followed: () => followed };
}

for (const [name, { needs, build, run: words }] of Object.entries(LANGUAGES)) {
  test(`${name}: one token, asked about`, { skip: !isThere(needs) && `${needs} is not on PATH` }, async (t) => {
    const { stage, liar } = await open();
    if (build) {
      mkdirSync(BUILT, { recursive: true });
      const { code, said } = await run(build);
      assert.equal(code, 0, said);
    }
    const { secret, sitekey } = stage.bench_site;
    const edge = `${stage.edge}/siteverify`;
    /**
     * The program's output, after checking its exit code and that it keeps the secret.
     * @param {string} token
     * @param {{hostname?: string, address?: string}} [options]
     */
    const ask = async (token, { hostname = 'localhost', address = edge } = {}) => {
      const env = { MUNJIGI_SECRET: secret, MUNJIGI_SITEVERIFY: address };
      const { code, said } = await run([...words, token, hostname], env);
      assert.ok(!said.includes(secret), 'the secret is written nowhere');
      const line = said.trim();
      assert.equal(line.split(' ')[0], EXITS[/** @type {0 | 1 | 2} */ (code)], `exit code ${code}: ${line}`);
      return line;
    };
    const token = async () => (await munjigi(stage, ['solve', '--edge', stage.edge, '--sitekey', sitekey])).trim();

    await t.test('a good one passes, once', async () => {
      const good = await token();
      assert.equal(await ask(good), 'passed');
      assert.equal(await ask(good), 'refused timeout-or-duplicate');
    });

    await t.test('one of another host is refused', async () => {
      assert.equal(await ask(await token(), { hostname: 'shop.example' }), 'refused hostname-mismatch');
    });

    await t.test('garbage is refused, and what cannot be a token also while the edge is away', async () => {
      assert.equal(await ask('garbage'), 'refused invalid-input-response');
      const address = `http://127.0.0.1:${await freePort()}/siteverify`;
      assert.equal(await ask('', { address }), 'refused missing-input-response');
      for (const none of ['x'.repeat(2_049), 'mj1.a&secret=b', 'mj1.a\n', '\u{1f600}'.repeat(2_000)]) {
        assert.equal(await ask(none, { address }), 'refused invalid-input-response');
      }
      assert.equal(await ask('mj1.a', { address }), 'unreachable');
    });

    await t.test('no text of a visitor is a verdict, and no failure is one', async () => {
      const before = liar.asked.length;
      await Promise.all(Object.entries(LIES).map(async ([lie, { becomes }]) => {
        assert.equal(await ask(lie, { address: liar.url }), becomes, lie);
      }));
      const asked = liar.asked.slice(before);
      assert.deepEqual(asked.map((fields) => fields.get('response')).sort(), Object.keys(LIES).sort());
      assert.ok(asked.every((fields) => fields.get('secret') === secret && [...fields].length === 2));
      assert.equal(liar.followed(), 0, 'a redirect is not followed');
    });
  });
}

// The compose files of the whole product: nothing is wrong with them, and what could be is found.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { mistakes } from './composed.mjs';
import { DEPLOY } from './places.mjs';

const read = (/** @type {string} */ name) => readFileSync(join(DEPLOY, 'compose', name), 'utf8');
const WHOLE = read('compose.yaml');

for (const name of ['compose.yaml', 'tunnel.yaml']) {
  test(`nothing is wrong with ${name}`, () => {
    assert.deepEqual(mistakes(read(name)), []);
  });
}

/** What is written, what in its place, and what must be said of it. */
/** @type {[string, string, RegExp][]} */
const PLANTED = [
  ['MUNJIGI_DATABASE_URL_FILE: /run/secrets/database-url', 'MUNJIGI_DATABSE_URL_FILE: /run/secrets/database-url', /MUNJIGI_DATABSE_URL_FILE is not a Munjigi variable/],
  ['      MUNJIGI_EDGE_URL: https://${CAPTCHA_HOST}\n', '', /MUNJIGI_EDGE_URL/],
  ['      MUNJIGI_ROOT_KEYS_FILE: /run/secrets/root-keys\n', '', /MUNJIGI_ROOT_KEYS/],
  ['MUNJIGI_LISTEN: 0.0.0.0:8080', 'MUNJIGI_LISTEN: 0.0.0.0', /MUNJIGI_LISTEN/],
  ['secrets: [console-keys, database-url, internal-keys, key-check]', 'secrets: [console-keys, database-url, internal-keys]', /MUNJIGI_KEY_CHECK_FILE/],
  ['secrets: [edge-internal-keys, key-check, root-keys]', 'secrets: [edge-internal-keys, internal-keys, key-check, root-keys]', /gate: must not have internal-keys/],
  ['MUNJIGI_DATABASE_URL_FILE: /run/secrets/database-owner-url', 'MUNJIGI_DATABASE_URL_FILE: /run/secrets/database-url', /migrate/],
  ['  cap_drop: [ALL]\n', '', /may do more than it needs/],
  ['  security_opt: ["no-new-privileges:true"]\n', '', /may gain privileges/],
  ['    user: "999:999"', '    user: root', /postgres: runs as root/],
  ['      max-size: 10m\n', '', /keeps its log for ever/],
  ['docker.io/library/postgres:17', 'docker.io/library/postgres:latest', /an image without a version/],
  ['  restart: unless-stopped', '  restart: "no"', /restarts when it should not/],
  ['    mem_limit: 1g\n\n  # Writes', '\n  # Writes', /postgres: may take all memory/],
  ['    mem_limit: 1g\n\n  # Writes', '    mem_limit: 3g\n\n  # Writes', /together they may take/],
  ['    shm_size: 128m', '    shm_size: 128m\n    ports: ["5432:5432"]', /open to the world/],
  ['      test: ["CMD", "pg_isready"', '      tset: ["CMD", "pg_isready"', /line \d+/],
  ['        condition: service_completed_successfully', '        condition: service_finished', /line \d+/],
  ['      migrate:\n        condition', '      migration:\n        condition', /migration/],
  ['MUNJIGI_ORIGIN_URL: http://origin:8080', 'MUNJIGI_ORIGIN_URL: http://orign:8080', /calls orign/],
  ['        ipv4_address: 172.28.88.2', '        ipv4_address: 172.28.88.3', /trusts another address/],
  ['  postgres-data: {}\n', '', /postgres-data that is defined nowhere/],
  ['  key-check: {file: ./secrets/key-check}\n', '', /key-check that is defined nowhere/],
  ['MUNJIGI_CONSOLE_URL: https://${CONSOLE_HOST}', 'MUNJIGI_CONSOLE_URL: https://${CONSOLE}', /CONSOLE\} is not in env.example/],
  ['    networks: [inside]\n    user: "999:999"', '    networks: [inside, outside]\n    user: "999:999"', /postgres: has a way outside/],
];

for (const [written, planted, said] of PLANTED) {
  test(`it is found: ${(planted || `without ${written}`).trim().split('\n')[0]}`, () => {
    assert.ok(WHOLE.includes(written), 'the file has what is replaced');
    const found = mistakes(WHOLE.replaceAll(written, planted)).join('\n');
    assert.match(found, said);
  });
}

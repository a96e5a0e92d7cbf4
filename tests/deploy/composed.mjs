// What a compose file says, and what is wrong with it: by the schema of compose files, by the rules of
// this project, and by the programs that read its variables.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DCLinter } from 'dclint';
import { parse } from 'yaml';
import { BINARIES } from '../support/stack.mjs';
import { DEPLOY } from './places.mjs';

/** @typedef {Record<string, any>} Service */
/** @typedef {{type: string, line: number, message: string}} Mistake of the linter's */

const FOLDER = join(DEPLOY, 'compose');
const read = (/** @type {string} */ name) => readFileSync(join(FOLDER, name), 'utf8');
const merged = (/** @type {string} */ text) => parse(text, { merge: true });

/** The variables of the example of `.env`. */
const EXAMPLE = Object.fromEntries([...read('env.example').matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));

/** What belongs to whom alone: who has the root keys can make tokens. */
const OWNERS = { 'root-keys': ['gate'], 'internal-keys': ['origin'], 'database-owner-url': ['migrate'], 'console-keys': ['origin'], 'postgres-admin-password': ['postgres'] };
/** Services that end by themselves. */
const ONCE = ['migrate', 'init'];
/** Other people's programs whose images have no program to ask. */
const UNASKED = ['caddy', 'tunnel', 'prometheus', 'alertmanager', 'node-exporter', 'blackbox-exporter', 'gpu-backend'];
/** `munjigi`: Postgres does not respond. */
const AWAY = 4;
const MOST_BYTES = 4 * 1024 ** 3;

/** A file with the services that it extends in place. */
export function composed(/** @type {string} */ text) {
  const file = merged(text);
  for (const [name, service] of Object.entries(/** @type {Record<string, Service>} */ (file.services))) {
    if (!service.extends) continue;
    const base = merged(read(service.extends.file)).services[service.extends.service];
    file.services[name] = { ...base, ...service, environment: { ...base.environment, ...service.environment } };
  }
  return file;
}

/** Puts the example's values into a text; a variable that has neither a value nor a default is told. */
function filled(/** @type {string} */ text, /** @type {(what: string) => void} */ tell) {
  return text.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name, kind, rest) => {
    const value = EXAMPLE[name];
    if (value === undefined && kind !== '-') tell(`\${${name}} is not in env.example`);
    return value ?? (kind === '-' ? rest : '');
  });
}

/** A size as the files write it, `512m` or `4g`. @param {string} text */
function bytes(text) {
  const [, number, unit] = /^(\d+)([mg])$/.exec(text) ?? [];
  if (!number) throw new Error(`${text} is no number with m or g`);
  return Number(number) * (unit === 'm' ? 1024 ** 2 : 1024 ** 3);
}

/** Mistakes in the variables of a service, by the program that reads them. */
function misread(/** @type {string} */ name, /** @type {Service} */ service, /** @type {string} */ secrets, /** @type {(what: string) => void} */ tell) {
  const programs = { gate: ['munjigi-gate', 'check'], origin: ['munjigi', 'config', '--check'], migrate: ['munjigi', 'migrate'] };
  const [program, ...words] = programs[/** @type {keyof typeof programs} */ (name)] ?? [];
  if (!program) return;
  const env = Object.fromEntries(
    Object.entries(service.environment).map(([key, value]) => [key, filled(String(value), tell).replace('/run/secrets', secrets)]),
  );
  // A secret that the service does not have is a file that is not there.
  for (const [key, path] of Object.entries(env)) {
    if (key.endsWith('_FILE') && !service.secrets?.includes(path.slice(secrets.length + 1))) env[key] = join(secrets, 'not-given', path.slice(secrets.length));
  }
  const soon = name === 'migrate' ? { MUNJIGI_DATABASE_WAIT_SECONDS: '1' } : {};
  const told = spawnSync(join(BINARIES, program), words, { env: { PATH: process.env.PATH, ...soon, ...env }, encoding: 'utf8', cwd: secrets });
  // There is no Postgres here, which `migrate` says with a code of its own.
  if (told.status !== (name === 'migrate' ? AWAY : 0)) tell(`${name}: ${told.stderr.trim()}`);
}

/**
 * Everything that is wrong with a compose file.
 * @param {string} text
 * @returns {string[]}
 */
export function mistakes(text) {
  /** @type {string[]} */
  const found = [];
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-compose-'));
  try {
    writeFileSync(join(folder, 'compose.yaml'), text);
    const linter = new DCLinter({ quiet: true, rules: {}, exclude: [], debug: false });
    for (const { messages } of linter.lintFiles([join(folder, 'compose.yaml')], false)) {
      found.push(...messages.filter((/** @type {Mistake} */ { type }) => type === 'error').map((/** @type {Mistake} */ { line, message }) => `line ${line}: ${message}`));
    }
    const secrets = join(folder, 'secrets');
    const made = spawnSync(join(BINARIES, 'munjigi'), ['keys', 'generate', '--files', secrets], { env: { PATH: process.env.PATH }, encoding: 'utf8' });
    if (made.status !== 0) throw new Error(made.stderr);
    mkdirSync(join(secrets, 'not-given'));
    look(composed(text), secrets, (what) => found.push(what));
  } catch (error) {
    found.push(String(error));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return found;
}

/** Holds a file to the rules of this project. */
function look(/** @type {any} */ file, /** @type {string} */ secrets, /** @type {(what: string) => void} */ tell) {
  /** @type {[string, Service][]} */
  const services = Object.entries(file.services);
  for (const [name, service] of services) {
    const expect = (/** @type {unknown} */ holds, /** @type {string} */ what) => holds || tell(`${name}: ${what}`);
    expect(service.read_only === true && service.cap_drop?.[0] === 'ALL' && !service.privileged, 'may do more than it needs');
    expect(service.security_opt?.includes('no-new-privileges:true'), 'may gain privileges');
    expect(name === 'caddy' || (service.user && !/^0\b|root/.test(service.user)), 'runs as root');
    expect(service.logging?.options?.['max-size'], 'keeps its log for ever');
    expect(/:[\dv][\w.]*$/.test(service.image), 'has an image without a version');
    expect(ONCE.includes(name) ? service.restart === 'no' : service.restart === 'unless-stopped', 'restarts when it should not, or does not');
    expect(service.mem_limit || name === 'init', 'may take all memory');
    expect(name === 'caddy' || !service.ports, 'has a port that is open to the world');
    expect(ONCE.includes(name) || UNASKED.includes(name) || service.healthcheck, 'says nothing of its health');
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const on = file.services[other];
      expect(on, `depends on ${other}, which there is not`);
      expect(condition !== 'service_healthy' || on?.healthcheck, `waits for the health of ${other}, which says nothing of it`);
      expect(condition !== 'service_completed_successfully' || ONCE.includes(other), `waits for the end of ${other}, which does not end`);
    }
    for (const secret of service.secrets ?? []) expect(file.secrets[secret], `has a secret ${secret} that is defined nowhere`);
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':');
      expect(/^[./]/.test(source) || source in file.volumes, `has a volume ${source} that is defined nowhere`);
    }
    for (const [secret, owners] of Object.entries(OWNERS)) {
      expect(!service.secrets?.includes(secret) || owners.includes(name), `must not have ${secret}`);
    }
    const inside = Array.isArray(service.networks) ? service.networks : Object.keys(service.networks ?? {});
    expect(!['gate', 'postgres', 'migrate', 'gpu-backend'].includes(name) || inside.join() === 'inside', 'has a way outside');
    for (const [, host] of Object.values(service.environment ?? {}).flatMap((value) => [...String(value).matchAll(/\bhttp:\/\/([\w-]+):/g)])) {
      expect(file.services[host ?? ''], `calls ${host}, which there is not`);
    }
    const trusted = service.environment?.MUNJIGI_TRUSTED_PROXIES;
    const proxy = (file.services.caddy ?? file.services.tunnel)?.networks.inside.ipv4_address;
    expect(!trusted || trusted === proxy, 'trusts another address than the proxy’s');
    misread(name, service, secrets, tell);
  }
  const sum = services.filter(([name]) => !ONCE.includes(name)).reduce((all, [, { mem_limit }]) => all + bytes(mem_limit ?? '0m'), 0);
  if (sum > MOST_BYTES) tell(`together they may take ${(sum / 1024 ** 3).toFixed(1)} GiB of memory`);
  filled(JSON.stringify(file.services), tell);
}

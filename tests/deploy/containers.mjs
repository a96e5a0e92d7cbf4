// What a container runtime makes of a compose file, with the kernel's own means: a network namespace
// for each service, a read-only file system of its own, the file's users, variables, secrets, volumes
// and memory limits. As root.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, createWriteStream, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { until } from '../support/stage.mjs';
import { find } from './places.mjs';

/** @typedef {Record<string, any>} Service */
/**
 * A program in the place of an image.
 * @typedef {object} Image
 * @property {[host: string, inside: string][]} files
 * @property {(command: string[]) => string[]} words its command line, from the file's command
 * @property {Record<string, string>} [env] what the image sets
 * @property {string} [cwd]
 */

const OUTSIDE = '10.88.0';
/** Networks from which visitors come. */
export const VISITORS = Array.from({ length: 250 }, (_, number) => `10.88.1.${number + 1}`);
const CGROUPS = '/sys/fs/cgroup';
/** The older kind of control groups has a folder for each thing that it controls. */
const OLD = existsSync(join(CGROUPS, 'memory'));

const run = (/** @type {string} */ program, /** @type {string[]} */ ...words) => execFileSync(program, words, { encoding: 'utf8' });
const ip = (/** @type {string} */ words) => run('ip', ...words.split(' '));

export class Machine {
  /** @type {Map<string, import('node:child_process').ChildProcess>} */
  #running = new Map();
  #tag = `mj${process.pid}`;
  /** @type {Map<string, string>} */
  #addresses = new Map();

  /**
   * @param {any} file a compose file, as `composed` reads it
   * @param {string} folder where volumes, secrets and logs are
   * @param {string} here the folder of the compose file
   * @param {Record<string, string>} values those of `.env`
   * @param {Record<string, Image>} images by the services' names
   */
  constructor(file, folder, here, values, images) {
    Object.assign(this, { file, folder, here, images });
    /** @type {any} */
    this.file = file;
    this.folder = folder;
    this.here = here;
    this.images = images;
    this.fill = (/** @type {string} */ text) => text.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name, kind, rest) => values[name] ?? (kind === '-' ? rest : ''));
  }

  /** The name of a service's network namespace. */
  space(/** @type {string} */ name) {
    return `${this.#tag}-${name}`;
  }

  address(/** @type {string} */ name) {
    return this.#addresses.get(name) ?? '';
  }

  /** Puts each service into its networks, and visitors into the outer one. */
  connect() {
    const bridges = this.space('net');
    ip(`netns add ${bridges}`);
    for (const bridge of ['inside', 'outside']) {
      ip(`-n ${bridges} link add ${bridge} type bridge`);
      ip(`-n ${bridges} link set ${bridge} up`);
    }
    let links = 0;
    const plug = (/** @type {string} */ name, /** @type {string} */ network, /** @type {string[]} */ addresses) => {
      const peer = `p${(links += 1)}`;
      ip(`-n ${bridges} link add ${peer} type veth peer name ${network} netns ${this.space(name)}`);
      ip(`-n ${bridges} link set ${peer} master ${network} up`);
      for (const address of addresses) ip(`-n ${this.space(name)} addr add ${address} dev ${network}`);
      ip(`-n ${this.space(name)} link set ${network} up`);
    };
    const inner = this.file.networks.inside.ipam.config[0].subnet.replace(/\.0\/24$/, '');
    const names = Object.keys(this.images);
    for (const [at, name] of [...names, 'world'].entries()) {
      ip(`netns add ${this.space(name)}`);
      ip(`-n ${this.space(name)} link set lo up`);
      const networks = this.file.services[name]?.networks ?? ['outside'];
      const [list, fixed] = Array.isArray(networks) ? [networks, undefined] : [Object.keys(networks), networks.inside?.ipv4_address];
      if (list.includes('inside')) {
        this.#addresses.set(name, fixed ?? `${inner}.${10 + at}`);
        plug(name, 'inside', [`${this.address(name)}/24`]);
      }
      if (list.includes('outside')) plug(name, 'outside', name === 'world' ? VISITORS.map((address) => `${address}/16`) : [`${OUTSIDE}.${2 + at}/16`]);
    }
    this.door = `${OUTSIDE}.${2 + names.indexOf('caddy')}`;
  }

  /** The words that run a command where and as a service runs. */
  #words(/** @type {string} */ name, /** @type {string[]} */ command) {
    const service = this.file.services[name];
    const image = this.images[name];
    if (!image) throw new Error(`nothing stands for the image of ${name}`);
    const [user, group] = (service.user ?? '0:0').split(':');
    const sees = ['--ro-bind', '/usr', '/usr', ...['bin', 'lib', 'lib64'].flatMap((link) => ['--symlink', `usr/${link}`, `/${link}`])];
    const bind = (/** @type {string} */ host, /** @type {string} */ inside, kind = '--ro-bind') => {
      // Folders that are made on the way would be root's alone.
      for (let at = inside.indexOf('/', 1); at > 0; at = inside.indexOf('/', at + 1)) sees.push('--dir', inside.slice(0, at));
      sees.push(kind, host, inside);
    };
    sees.push('--proc', '/proc', '--dev', '/dev');
    for (const path of service.tmpfs ?? []) sees.push('--perms', '1777', '--tmpfs', path);
    for (const [host, inside] of image.files) bind(host, inside);
    for (const name of ['hosts', 'passwd']) bind(join(this.folder, name), `/etc/${name}`);
    for (const secret of service.secrets ?? []) bind(join(this.folder, 'secrets', secret), `/run/secrets/${secret}`);
    for (const volume of service.volumes ?? []) {
      const [source, inside, mode] = volume.split(':');
      bind(this.volume(source, Number(user), Number(group)), inside, mode === 'ro' ? '--ro-bind' : '--bind');
    }
    const env = { PATH: '/usr/bin:/bin', ...image.env, ...service.environment };
    const set = Object.entries(env).flatMap(([key, value]) => ['--setenv', key, this.fill(String(value))]);
    const may = ['SETUID', 'SETGID', 'SETPCAP', ...(service.cap_add ?? [])].flatMap((name) => ['--cap-add', `CAP_${name}`]);
    const alone = ['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--die-with-parent', '--cap-drop', 'ALL', ...may, '--clearenv'];
    const kept = (service.cap_add ?? []).map((/** @type {string} */ name) => `,+${name.toLowerCase()}`).join('');
    const as = ['setpriv', `--reuid=${user}`, `--regid=${group}`, '--clear-groups', '--no-new-privs', `--bounding-set=-all${kept}`, `--inh-caps=-all${kept}`];
    const into = ['nsenter', `--net=/var/run/netns/${this.space(name)}`];
    const root = ['--remount-ro', '/', ...(image.cwd ? ['--chdir', image.cwd] : [])];
    return [...into, find('bwrap') ?? 'bwrap', ...alone, ...sees, ...set, ...root, ...as, ...command];
  }

  /** The folder of a volume, which is the service's user's. */
  volume(/** @type {string} */ source, user = 0, group = 0) {
    if (/^[./]/.test(source)) return resolve(this.here, source);
    const path = join(this.folder, 'volumes', source);
    if (!existsSync(path)) {
      mkdirSync(path, { recursive: true });
      chownSync(path, user, group);
    }
    return path;
  }

  #group(/** @type {string} */ name) {
    return join(CGROUPS, ...(OLD ? ['memory'] : []), this.space(name));
  }

  /** Writes what every service reads: names of hosts, and of users. */
  prepare(/** @type {Record<string, string>} */ aliases) {
    const hosts = [...this.#addresses, ...Object.entries(aliases).map(([host, name]) => [host, this.address(name)])];
    writeFileSync(join(this.folder, 'hosts'), `127.0.0.1 localhost\n${hosts.map(([name, address]) => `${address} ${name}\n`).join('')}`);
    writeFileSync(join(this.folder, 'passwd'), 'root:x:0:0::/:/bin/sh\npostgres:x:999:999::/:/bin/sh\nnonroot:x:65532:65532::/:/bin/sh\n');
    mkdirSync(join(this.folder, 'logs'), { recursive: true });
    chmodSync(this.folder, 0o755);
  }

  /** Starts a service within its limit of memory. */
  start(/** @type {string} */ name) {
    const limit = this.file.services[name].mem_limit;
    const group = this.#group(name);
    mkdirSync(group, { recursive: true });
    const most = Number.parseInt(limit, 10) * (limit.endsWith('g') ? 1024 ** 3 : 1024 ** 2);
    writeFileSync(join(group, OLD ? 'memory.limit_in_bytes' : 'memory.max'), String(most));
    const image = this.images[name];
    const words = this.#words(name, image?.words(this.file.services[name].command ?? []) ?? []);
    const child = spawn('sh', ['-c', 'echo $$ >"$0/cgroup.procs" && exec "$@"', group, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(join(this.folder, 'logs', `${name}.log`), { flags: 'a' });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.#running.set(name, child);
    return child;
  }

  /** Runs a command beside a service, as `docker compose exec` does; what it printed. */
  async exec(/** @type {string} */ name, /** @type {string[]} */ command, input = '') {
    const [program = '', ...words] = this.#words(name, command);
    const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => {}).end(input);
    let [said, told] = ['', ''];
    child.stdout.on('data', (chunk) => (said += chunk));
    child.stderr.on('data', (chunk) => (told += chunk));
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`${name}: ${command.join(' ')} ended with ${code}: ${told.slice(-2_000)}`);
    return said;
  }

  /** Waits until a service says of itself that it is healthy. */
  async healthy(/** @type {string} */ name) {
    const [, ...words] = this.file.services[name].healthcheck.test;
    let said = '';
    const ask = () => this.exec(name, words).then(() => true, (error) => void (said = String(error)));
    await until(`the health of ${name}`, ask, 60_000).catch((error) => {
      throw new Error(`${error.message}: ${said}`);
    });
  }

  /** Ends a service at once, as a fault would. */
  async kill(/** @type {string} */ name) {
    const child = this.#running.get(name);
    if (!child || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
    this.#running.delete(name);
  }

  /** The most bytes of memory that a service held, files that the kernel can drop included. */
  peak(/** @type {string} */ name) {
    return Number(readFileSync(join(this.#group(name), OLD ? 'memory.max_usage_in_bytes' : 'memory.peak'), 'utf8'));
  }

  /** Bytes that a service holds now, without such files. */
  held(/** @type {string} */ name) {
    const text = readFileSync(join(this.#group(name), 'memory.stat'), 'utf8');
    return Number((OLD ? /^total_rss (\d+)/m : /^anon (\d+)/m).exec(text)?.[1]);
  }

  /** Ends everything and gives back what the kernel lent. */
  async stop() {
    for (const name of [...this.#running.keys()].reverse()) await this.kill(name);
    for (const name of [...Object.keys(this.images), 'world', 'net']) {
      try {
        ip(`netns del ${this.space(name)}`);
      } catch {
        // It was not made.
      }
      const group = this.#group(name);
      if (existsSync(group)) await until(`the end of ${name}`, async () => !readFileSync(join(group, 'cgroup.procs'), 'utf8'));
      if (existsSync(group)) rmdirSync(group);
    }
  }
}

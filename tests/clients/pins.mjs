// The version of a client library in this folder, as its own files pin it.

import { readFileSync } from 'node:fs';

/** @param {string} file */
const read = (file) => readFileSync(new URL(file, import.meta.url), 'utf8');

/** @type {Record<string, (name: string) => string | undefined>} */
const PINS = {
  Node: (name) => JSON.parse(read('package.json')).dependencies[name],
  Python: (name) => read('requirements.txt').match(`^${name}==(\\S+)|\n${name}==(\\S+)`)?.slice(1).find(Boolean),
  Rust: (name) => read('rust/Cargo.toml').match(`\n${name} = .*"=([^"]+)"`)?.[1],
};

/**
 * A client's name with its version, for people.
 * @param {'Node' | 'Python' | 'Rust'} ecosystem
 * @param {string} name
 */
export function pinned(ecosystem, name) {
  const version = PINS[ecosystem]?.(name);
  if (!version) throw new Error(`${name} is not pinned`);
  return `${name} ${version}`;
}

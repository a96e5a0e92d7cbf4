// Who may do what to an organisation over the API: a table of role × action, and someone who tries
// everything that their role forbids.

import assert from 'node:assert/strict';
import { PASSWORD } from '../support/people.mjs';

export const ROLES = ['read-only', 'analyst', 'admin', 'owner'];

/** The prefix of each path. */
const BASE = '/api/v1';
const OF = '/organisations/{organisation}';
const ALL = ROLES;
const ADMINS = ['admin', 'owner'];

/**
 * The roles that may do it, the body of an attempt, and what those get who may read it (200).
 * @type {Record<string, [string[], any?, number?]>}
 */
const ACTIONS = {
  'GET /sites': [ALL],
  'POST /sites': [ADMINS, { name: 'Mine', hosts: ['mine.example'] }],
  'GET /sites/{sitekey}': [ALL],
  'PATCH /sites/{sitekey}': [ADMINS, { name: 'Mine' }],
  'DELETE /sites/{sitekey}': [ADMINS],
  'PUT /sites/{sitekey}/state': [ADMINS, { state: 'paused' }],
  'GET /sites/{sitekey}/rules': [ALL],
  'PUT /sites/{sitekey}/rules': [['analyst', ...ADMINS], { rules: [] }],
  'GET /sites/{sitekey}/secrets': [ALL],
  'POST /sites/{sitekey}/secrets': [ADMINS],
  'DELETE /sites/{sitekey}/secrets/{which}': [ADMINS],
  'GET /lists': [ALL],
  'POST /lists': [['analyst', ...ADMINS], { name: 'mine', entries: [] }],
  'GET /lists/{list}': [ALL],
  'PUT /lists/{list}': [['analyst', ...ADMINS], { name: 'mine', entries: [] }],
  'DELETE /lists/{list}': [['analyst', ...ADMINS]],
  'GET /published-lists': [ALL],
  'GET /statistics': [ALL],
  'POST /jobs': [ADMINS],
  'GET /jobs': [ADMINS],
  'GET /jobs/{job}': [ADMINS, undefined, 404],
  'GET /jobs/{job}/events': [ADMINS, undefined, 404],
  'DELETE /jobs/{job}': [ADMINS],
  'GET /members': [ALL],
  'PATCH /members/{account}': [ADMINS, { role: 'read-only' }],
  'DELETE /members/{account}': [ADMINS],
  'GET /invitations': [ALL],
  'POST /invitations': [ADMINS, { email: 'friend@home.example', role: 'owner' }],
  'DELETE /invitations/{invitation}': [ADMINS],
  'GET /keys': [ADMINS],
  'POST /keys': [ADMINS, { name: 'Mine', scopes: ['sites:read'] }],
  'DELETE /keys/{key}': [ADMINS],
  'GET /audit': [ADMINS],
};

/**
 * The calls of a person who logged in over the API.
 * @param {string} origin
 * @param {string} email
 */
export async function caller(origin, email) {
  /** @param {string} method @param {string} path @param {any} [body] @param {Record<string, string>} [more] */
  const send = (method, path, body, more = {}) => fetch(`${origin}${BASE}${path}`, {
    method,
    headers: { ...body && { 'content-type': 'application/json' }, ...more },
    body: body && JSON.stringify(body),
  });
  const answer = await send('POST', '/session', { email, password: PASSWORD });
  assert.equal(answer.status, 201, await answer.clone().text());
  const { access_token: token } = await answer.json();
  return (/** @type {string} */ method, /** @type {string} */ path, /** @type {any} */ body) =>
    send(method, path, body, { authorization: `Bearer ${token}` });
}

/**
 * Actions on an organisation in the OpenAPI document, as the table spells them.
 * @param {string} origin
 */
async function documented(origin) {
  const { paths } = await (await fetch(`${origin}/api/openapi.json`)).json();
  return Object.entries(paths).flatMap(([path, methods]) => {
    const [before, rest] = path.split(OF);
    return before === BASE && rest
      ? Object.keys(methods).map((method) => `${method.toUpperCase()} ${rest}`)
      : [];
  });
}

/**
 * Tries, with a role, everything that it forbids, and reads everything that it allows.
 * @param {string} origin
 * @param {string} email
 * @param {string} role
 * @param {Record<string, string>} names for the placeholders in the paths
 * @returns {Promise<string[]>} a line of the table for each action
 */
export async function tryAll(origin, email, role, names) {
  assert.deepEqual(Object.keys(ACTIONS).sort(), (await documented(origin)).sort());
  const call = await caller(origin, email);
  /** @type {string[]} */
  const lines = [];
  for (const [action, [roles, body, read = 200]] of Object.entries(ACTIONS)) {
    const may = roles.includes(role);
    const [method, path] = action.split(' ');
    // Allowed changes are not made here.
    if (!may || method === 'GET') {
      const place = `${OF}${path}`.replaceAll(/\{(\w+)\}/g, (_, name) => names[name]);
      const answer = await call(method, place, body);
      const said = await answer.text();
      assert.equal(answer.status, may ? read : 403, `${action} as ${role}: ${said}`);
      if (!may) assert.equal(JSON.parse(said).code, 'forbidden', action);
    }
    lines.push(`${role.padEnd(9)} ${may ? 'may' : '403'} ${action}`);
  }
  return lines;
}

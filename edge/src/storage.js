// The objects of the platform that store: plain classes that pass on to Rust's.

import * as rust from "./index.js";
import { read } from "./environment.js";
import { instance, note } from "./instance.js";

/** The rust object of an object of the platform, made again after a panic. */
class Waking {
  #create;
  #object;
  #instance = 0;

  constructor(create) {
    this.#create = create;
    this.#wake();
  }

  call(operation) {
    this.#wake();
    try {
      return operation(this.#object);
    } catch (error) {
      note(error);
    }
  }

  #wake() {
    const current = instance();
    if (this.#instance === current) return;
    this.#object = this.#create();
    this.#instance = current;
  }
}

/** Where a part of the meter stores what is usual. */
const USUAL = "usual";

/** One part of the meter: a report in, the totals out. Its storage may fail: it then forgets more. */
export class Meter {
  #waking;
  #storage;

  constructor({ storage }, env) {
    this.#storage = storage.kv;
    this.#waking = new Waking(() => new rust.Meter(read(env).rest, this.#kept()));
  }

  async fetch(request) {
    const report = new Uint8Array(await request.arrayBuffer());
    const totals = this.#waking.call((object) => object.report(report));
    const usual = this.#waking.call((object) => object.keep());
    if (usual) this.#try(() => this.#storage.put(USUAL, usual));
    return new Response(totals);
  }

  #kept() {
    return this.#try(() => this.#storage.get(USUAL)) ?? new Uint8Array();
  }

  #try(operation) {
    try {
      return operation();
    } catch (error) {
      console.error(JSON.stringify({ level: "warn", event: "meter-not-kept", detail: String(error) }));
    }
  }
}

/**
 * Commands that arrive while others are read are obeyed in one turn, and so
 * reach the disk together: the runtime commits per turn, and answers leave
 * only once the commit is durable. Each commit costs more than everything else
 * that spending a token takes.
 */
export class Redemptions {
  #waking;
  #gathered = [];

  constructor(state, env) {
    this.#waking = new Waking(() => new rust.Redemptions(state, read(env).rest));
  }

  fetch({ url }) {
    return new Promise((resolve, reject) => {
      const length = this.#gathered.push({ url, resolve, reject });
      if (length === 1) setTimeout(() => this.#obey());
    });
  }

  #obey() {
    const gathered = this.#gathered;
    this.#gathered = [];
    for (const { url, resolve, reject } of gathered) {
      try {
        const reply = this.#waking.call((object) => object.obey(url));
        resolve(new Response(null, { headers: { reply } }));
      } catch (error) {
        reject(error);
      }
    }
  }

  alarm() {
    return this.#waking.call((object) => object.alarm());
  }
}

// The worker with a clock that is behind, for tests of long delays: what it writes now is old for
// the next start. Its alarms fire when they would by a right clock. It also counts the rows that
// the platform bills, with the platform's own counter, and lets the meter fail.

import * as main from "./MAIN";

const { default: worker, Meter: OurMeter, Redemptions: Ours } = main;

const BEHIND_MS = 0;
const METER = "none";

const now = Date.now;
Date.now = () => now() - BEHIND_MS;

const counted = { rows: 0, alarms_set: 0, alarms_rung: 0 };
/** The last statement; its number of written rows is known once it has run. */
let last;

function settle() {
  counted.rows += last?.rowsWritten ?? 0;
  last = undefined;
}

export default {
  ...worker,
  fetch(request, env, context) {
    if (!request.url.endsWith("/__rows")) return worker.fetch(request, env, context);
    settle();
    return Response.json(counted);
  },
};

export class Meter extends OurMeter {
  async fetch(request) {
    if (METER === "killed") throw new Error("the meter was killed");
    if (METER === "hangs") await new Promise(() => {});
    if (METER === "garbage") return new Response(new Uint8Array(999).fill(7));
    return super.fetch(request);
  }
}

export class Redemptions extends Ours {
  constructor(state, env) {
    const { storage } = state;
    const setAlarm = storage.setAlarm.bind(storage);
    storage.setAlarm = (at) => {
      counted.alarms_set += 1;
      return setAlarm(new Date(Number(at) + BEHIND_MS));
    };
    const { sql } = storage;
    const exec = sql.exec.bind(sql);
    sql.exec = (...statement) => {
      settle();
      last = exec(...statement);
      return last;
    };
    super(state, env);
  }

  alarm() {
    counted.alarms_rung += 1;
    return super.alarm();
  }
}

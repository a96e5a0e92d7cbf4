// The worker with a clock that is behind, for tests of what takes minutes: what it writes now is
// old for the next start. Its alarms ring when they would by a right clock. And with a count of
// what the platform bills by the row, as its own counter has it.

import worker, { Redemptions as Ours } from "./MAIN";

const BEHIND_MS = 0;

const now = Date.now;
Date.now = () => now() - BEHIND_MS;

const counted = { rows: 0, alarms_set: 0, alarms_rung: 0 };
/** The last statement; how many rows it wrote is known once it has run. */
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

// The worker with a clock that is behind, for tests of what takes minutes: what it writes now is
// old for the next start. Its alarms ring when they would by a right clock.

import worker, { Redemptions as Ours } from "./MAIN";

const BEHIND_MS = 0;

const now = Date.now;
Date.now = () => now() - BEHIND_MS;

export default worker;

export class Redemptions extends Ours {
  constructor(state, env) {
    const { storage } = state;
    const setAlarm = storage.setAlarm.bind(storage);
    storage.setAlarm = (at) => setAlarm(new Date(Number(at) + BEHIND_MS));
    super(state, env);
  }
}

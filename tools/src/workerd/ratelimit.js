// The platform's rate limiter for plain workerd: fixed windows aligned to the clock, counted in the
// isolate, which is enough for one local process.
class RateLimit {
  #limit;
  #periodMs;
  #window = 0;
  #counts = new Map();

  constructor({ limit, period }) {
    this.#limit = limit;
    this.#periodMs = period * 1000;
  }

  async limit({ key = "" }) {
    const window = Math.floor(Date.now() / this.#periodMs);
    if (window !== this.#window) {
      this.#window = window;
      this.#counts.clear();
    }
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return { success: count <= this.#limit };
  }
}

export default (env) => new RateLimit(env);

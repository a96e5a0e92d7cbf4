// Published prices that tables multiply by, each with the page it comes from. US dollars.

/** Cloudflare's prices on the paid plan beyond what it includes. */
export const PLATFORM = {
  /** "Workers pricing", developers.cloudflare.com/workers/platform/pricing: requests. */
  workerRequest: 0.3 / 1e6,
  /** The same page: CPU time, per millisecond. */
  cpuMs: 0.02 / 1e6,
  /** "Durable Objects pricing", developers.cloudflare.com/durable-objects/platform/pricing. */
  objectRequest: 0.15 / 1e6,
  /** The same page: duration, per gigabyte-second; an object is billed 128 MB while it is awake. */
  objectGigabyteSecond: 12.5 / 1e6,
  objectGigabytes: 0.128,
  /** The same page: SQLite storage backend, rows. */
  rowWritten: 1 / 1e6,
  rowRead: 0.001 / 1e6,
  /** "Queues pricing", developers.cloudflare.com/queues/platform/pricing; a message is three. */
  queueOperation: 0.4 / 1e6,
  /** "Workers KV pricing", developers.cloudflare.com/kv/platform/pricing. */
  keyRead: 0.5 / 1e6,
};

/**
 * What an attacker pays. Processors: "Spot price per unit hour example" in the Amazon EC2 Auto
 * Scaling user guide: c5.2xlarge, 8 virtual cores, $0.34 on demand and $0.17 to $0.191 as spot.
 * Graphics: g5.xlarge (one A10G) in us-east-1 on demand, $1.006 an hour.
 */
export const ATTACKER = {
  coreHour: 0.34 / 8,
  spotCoreHour: 0.17 / 8,
  gpuHour: 1.006,
};

/** Published rates of SHA-256, million hashes per second, as our specification of HashWX quotes them. */
export const PUBLISHED = {
  sha256SimdWasmPerThread: 6.1,
  sha256MidRangeGpu: 6_150,
};

// Asks siteverify about one token: node verify.mjs TOKEN HOSTNAME

// [verify]
/** @typedef {{ outcome: "passed" | "refused" | "unreachable", codes: string[] }} Verdict */

/** @param {string[]} codes @returns {Verdict} */
const refused = (...codes) => ({ outcome: "refused", codes });

/**
 * Whether the visitor of a page on `hostname` has passed.
 * @param {string} token
 * @param {string} hostname
 * @param {string} [remoteIp]
 * @returns {Promise<Verdict>}
 */
export async function verify(token, hostname, remoteIp) {
  if (!token) return refused("missing-input-response");
  // What cannot be a token is not sent, so that a visitor cannot fake a network failure.
  if (!/^[A-Za-z0-9_.-]{1,2048}$/.test(token)) return refused("invalid-input-response");
  const body = new URLSearchParams({ secret: process.env.MUNJIGI_SECRET ?? "", response: token });
  if (remoteIp) body.set("remoteip", remoteIp);
  let result;
  try {
    const answer = await fetch(process.env.MUNJIGI_SITEVERIFY ?? "", {
      method: "POST",
      body,
      redirect: "error",
      signal: AbortSignal.timeout(5_000),
    });
    // 429 and 503 say "later"; every verdict has status 200.
    result = answer.status === 200 ? await answer.json() : null;
  } catch {
    result = null;
  }
  if (typeof result?.success !== "boolean") return { outcome: "unreachable", codes: [] };
  if (!result.success) return refused(...(result["error-codes"] ?? []));
  // A form that has an action compares result.action here too.
  if (result.hostname !== hostname) return refused("hostname-mismatch");
  return { outcome: "passed", codes: [] };
}
// [/verify]

const EXITS = { passed: 0, refused: 1, unreachable: 2 };

const [token = "", hostname = ""] = process.argv.slice(2);
const { outcome, codes } = await verify(token, hostname);
console.log([outcome, ...codes].join(" "));
process.exitCode = EXITS[outcome];

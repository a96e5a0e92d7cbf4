// The one POST: was this form confirmed by a visitor of this page?

const TIMEOUT_MS = 5_000;

// The answer is one of "confirmed", "not-confirmed", "unreachable".
export async function verify({ edge, secret, response, action, hostname }) {
  if (!response) return "not-confirmed";
  try {
    const answer = await fetch(`${edge}/siteverify`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ secret, response }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    // 429 and 503 mean "later"; every other outcome is an answer.
    if (!answer.ok) return "unreachable";
    const result = await answer.json();
    // A token made for another form or another host is not valid here.
    const ours = result.success && result.action === action && result.hostname === hostname;
    return ours ? "confirmed" : "not-confirmed";
  } catch {
    return "unreachable";
  }
}

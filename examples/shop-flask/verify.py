"""The one POST: was this form confirmed by a visitor of this page?"""

import json
import urllib.request

TIMEOUT_SECONDS = 5


def verify(edge, secret, response, action, hostname):
    """Returns "confirmed", "not_confirmed" or "unreachable"."""
    if not response:
        return "not_confirmed"
    body = json.dumps({"secret": secret, "response": response}).encode()
    request = urllib.request.Request(
        f"{edge}/siteverify", body, {"content-type": "application/json"}
    )
    try:
        # 429 and 503 mean "later" and are raised; every other outcome is an answer.
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            result = json.load(answer)
    except (OSError, ValueError):
        return "unreachable"
    # A token made for another form or another host is not valid here.
    ours = (
        result.get("success") is True
        and result.get("action") == action
        and result.get("hostname") == hostname
    )
    return "confirmed" if ours else "not_confirmed"

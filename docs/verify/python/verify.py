"""Asks siteverify about one token: python3 verify.py TOKEN HOSTNAME"""

import sys

# [verify]
import http.client
import json
import os
import re
import urllib.parse
import urllib.request


def verify(token, hostname, remote_ip=None):
    """Whether the visitor of a page on `hostname` has passed.

    Answers "passed", "refused" or "unreachable", and a list of codes.
    """
    if not token:
        return "refused", ["missing-input-response"]
    # What cannot be a token is not sent, so that a visitor cannot fake a network failure.
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,2048}", token):
        return "refused", ["invalid-input-response"]
    fields = {"secret": os.environ["MUNJIGI_SECRET"], "response": token}
    if remote_ip:
        fields["remoteip"] = remote_ip
    address, body = os.environ["MUNJIGI_SITEVERIFY"], urllib.parse.urlencode(fields).encode()
    try:
        # 429 and 503 say "later" and are raised; every verdict has status 200.
        with urllib.request.urlopen(address, body, timeout=5) as answer:
            result = json.load(answer)
    except (OSError, ValueError, http.client.HTTPException):
        result = None
    if not isinstance(result, dict) or not isinstance(result.get("success"), bool):
        return "unreachable", []
    if not result["success"]:
        return "refused", result.get("error-codes", [])
    # A form that has an action compares result["action"] here too.
    if result.get("hostname") != hostname:
        return "refused", ["hostname-mismatch"]
    return "passed", []
# [/verify]


if __name__ == "__main__":
    token, hostname = sys.argv[1:]
    outcome, codes = verify(token, hostname)
    print(outcome, *codes)
    sys.exit(["passed", "refused", "unreachable"].index(outcome))

"""A shop with one form.

It shows what a customer of Munjigi writes: two lines of HTML
(templates/form.html), one POST (verify.py), one Content-Security-Policy (below).
"""

import os
import sys
from collections import deque

from flask import Flask, jsonify, render_template, request

from texts import TEXTS
from verify import verify

MAX_BODY_BYTES = 16 * 1024
MAX_REPORTS = 100


def required(name):
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set; see README.md")
    return value


EDGE = os.environ.get("MUNJIGI_EDGE", "http://127.0.0.1:8787").rstrip("/")
SITEKEY = required("MUNJIGI_SITEKEY")
SECRET = required("MUNJIGI_SECRET")
PORT = int(os.environ.get("PORT", "8788"))

# One host may run scripts and be framed; nothing may be inline.
POLICY = "; ".join(
    [
        "default-src 'self'",
        f"script-src {EDGE}",
        f"frame-src {EDGE}",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "report-uri /csp-report",
    ]
)

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
sign_ups = []
reports = deque(maxlen=MAX_REPORTS)


def language():
    """`?lang=` wins, otherwise the browser's first language that we have."""
    wanted = request.args.get("lang", "")
    return wanted if wanted in TEXTS else request.accept_languages.best_match(TEXTS) or "en"


def page(template, status=200, **values):
    lang = language()
    return render_template(template, lang=lang, t=TEXTS[lang], **values), status


def form(status=200, problem=None, **entered):
    return page("form.html", status, edge=EDGE, sitekey=SITEKEY, problem=problem, entered=entered)


@app.after_request
def protect(response):
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@app.get("/")
def show():
    return form()


@app.post("/signup")
def sign_up():
    entered = {key: request.form.get(key, "").strip() for key in ("name", "email")}
    if not entered["name"] or "@" not in entered["email"]:
        return form(422, "fields", **entered)
    hostname = request.host.rsplit(":", 1)[0]
    outcome = verify(EDGE, SECRET, request.form.get("munjigi-response"), "signup", hostname)
    if outcome != "confirmed":
        return form(422 if outcome == "not_confirmed" else 503, outcome, **entered)
    sign_ups.append(entered)
    return page("welcome.html", name=entered["name"])


@app.get("/style.css")
def style():
    return app.send_static_file("style.css")


@app.post("/csp-report")
def report():
    reports.append(request.get_data(as_text=True))
    app.logger.warning("content security policy: a browser reported a violation")
    return "", 204


@app.get("/csp-report")
def reported():
    return jsonify(list(reports))


@app.errorhandler(404)
def missing(_error):
    return page("message.html", 404, message="missing")


@app.errorhandler(413)
def too_large(_error):
    return page("message.html", 413, message="too_large")


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=PORT)

"""Two applications whose paths are protected: Flask by WSGI, and Django by ASGI.

Each answers every path below /account/ and /open/ with a page, whatever the method.
`python spellings.py flask|django PORT` serves one of them on this machine alone.
"""

import sys

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "FOO", "get", "PROPFIND"]


def flask(port):
    from flask import Flask
    from werkzeug.serving import make_server

    app = Flask(__name__, static_folder=None)

    @app.route("/account/", defaults={"rest": ""}, methods=METHODS)
    @app.route("/account/<path:rest>", methods=METHODS)
    def page(rest):
        return "PAGE of flask"

    @app.route("/open/<path:rest>", methods=METHODS)
    def opened(rest):
        return "OPEN of flask"

    make_server("127.0.0.1", port, app, threaded=True).serve_forever()


def django(port):
    import uvicorn
    from django.conf import settings
    from django.core.asgi import get_asgi_application
    from django.http import HttpResponse
    from django.urls import path

    def page(request, rest=""):
        return HttpResponse("PAGE of django")

    def opened(request, rest):
        return HttpResponse("OPEN of django")

    urls = [path("account/", page), path("account/<path:rest>", page), path("open/<path:rest>", opened)]
    settings.configure(ROOT_URLCONF=tuple(urls), ALLOWED_HOSTS=["*"], MIDDLEWARE=[], LOGGING_CONFIG=None)
    uvicorn.run(get_asgi_application(), host="127.0.0.1", port=port, log_level="error", lifespan="off")


if __name__ == "__main__":
    {"flask": flask, "django": django}[sys.argv[1]](int(sys.argv[2]))

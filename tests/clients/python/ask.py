"""What client libraries in Python report about a token.

`ask.py CLIENT TOKEN...` prints a JSON list with one text for each token.
Address, keys and the proxy come from the environment.
"""

import json
import os
import sys

EDGE = os.environ["EDGE"]
SITEKEY = os.environ["SITEKEY"]
SECRET = os.environ["SECRET"]


def of_django(field, name, **settings):
    """A form with one field, which `field` creates and the page calls `name`."""
    import django
    from django import forms
    from django.conf import settings as all_settings

    all_settings.configure(**settings)
    django.setup()
    kind = type("Form", (forms.Form,), {"captcha": field()})

    def ask(token):
        form = kind({name: token})
        if form.is_valid():
            return "accepted"
        return f"refused {form.errors.as_data()['captcha'][0].code}"

    return ask


def django_recaptcha():
    def field():
        from django_recaptcha.fields import ReCaptchaField

        return ReCaptchaField()

    return of_django(
        field,
        "g-recaptcha-response",
        INSTALLED_APPS=["django_recaptcha"],
        RECAPTCHA_PUBLIC_KEY=SITEKEY,
        RECAPTCHA_PRIVATE_KEY=SECRET,
        RECAPTCHA_PROXY={"https": os.environ["HTTPS_PROXY"]},
    )


def django_hcaptcha():
    def field():
        from hcaptcha.fields import hCaptchaField

        return hCaptchaField()

    return of_django(
        field,
        "h-captcha-response",
        INSTALLED_APPS=["hcaptcha"],
        HCAPTCHA_SITEKEY=SITEKEY,
        HCAPTCHA_SECRET=SECRET,
        HCAPTCHA_VERIFY_URL=f"{EDGE}/siteverify",
    )


def django_turnstile():
    def field():
        from turnstile.fields import TurnstileField

        return TurnstileField()

    return of_django(
        field,
        "cf-turnstile-response",
        INSTALLED_APPS=["turnstile"],
        TURNSTILE_SITEKEY=SITEKEY,
        TURNSTILE_SECRET=SECRET,
        TURNSTILE_VERIFY_URL=f"{EDGE}/turnstile/v0/siteverify",
    )


def django_cf_turnstile():
    def field():
        from django_cf_turnstile.fields import TurnstileCaptchaField

        return TurnstileCaptchaField()

    return of_django(
        field,
        "cf-turnstile-response",
        INSTALLED_APPS=["django_cf_turnstile"],
        CF_TURNSTILE_SITE_KEY=SITEKEY,
        CF_TURNSTILE_SECRET_KEY=SECRET,
    )


def flask_wtf():
    from flask import Flask
    from flask_wtf import FlaskForm
    from flask_wtf.recaptcha import RecaptchaField

    app = Flask(__name__)
    app.config.update(
        SECRET_KEY="of sessions, which there are none of",
        WTF_CSRF_ENABLED=False,
        RECAPTCHA_PUBLIC_KEY=SITEKEY,
        RECAPTCHA_PRIVATE_KEY=SECRET,
        RECAPTCHA_VERIFY_SERVER=f"{EDGE}/recaptcha/api/siteverify",
    )

    class Form(FlaskForm):
        captcha = RecaptchaField()

    def ask(token):
        with app.test_request_context(method="POST", data={"g-recaptcha-response": token}):
            form = Form()
            if form.validate_on_submit():
                return "accepted"
            return f"refused {form.captcha.errors[0]}"

    return ask


CLIENTS = {
    "django-recaptcha": django_recaptcha,
    "django-hcaptcha": django_hcaptcha,
    "django-turnstile": django_turnstile,
    "django-cf-turnstile": django_cf_turnstile,
    "flask-wtf": flask_wtf,
}


def told(ask, token):
    """What the caller sees, which may be an exception."""
    try:
        return ask(token)
    except Exception as error:
        return f"raised {type(error).__name__}"


def main():
    client, *tokens = sys.argv[1:]
    ask = CLIENTS[client]()
    print(json.dumps([told(ask, token) for token in tokens]))


main()

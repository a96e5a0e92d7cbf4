import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import ReCAPTCHA from 'react-google-recaptcha';
import { failed, passed, place, sitekey } from './page.mjs';

createRoot(place).render(createElement(ReCAPTCHA, {
  sitekey,
  onChange: passed,
  onErrored: () => failed('onErrored'),
  asyncScriptOnLoad: (/** @type {any} */ script) => script.errored && failed('script'),
}));

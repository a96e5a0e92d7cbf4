import '@hcaptcha/vanilla-hcaptcha';
import { edge, failed, passed, place, sitekey } from './page.mjs';

const captcha = document.createElement('h-captcha');
captcha.setAttribute('site-key', sitekey);
captcha.setAttribute('jsapi', `${edge}/1/api.js`);
captcha.addEventListener('verified', (event) => passed(/** @type {any} */ (event).token));
captcha.addEventListener('error', (event) => failed(/** @type {any} */ (event).error));
place.append(captcha);

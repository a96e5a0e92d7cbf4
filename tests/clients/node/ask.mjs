// What client libraries in Node report about a token: `ask.mjs CLIENT TOKEN…` prints a JSON list
// with one text for each token. Address, keys and the proxy come from the environment.

import 'reflect-metadata';

const { EDGE = '', SITEKEY = '', SECRET = '' } = process.env;

/** @typedef {(token: string) => Promise<string>} Ask */

/** What a library's own middleware for Express hands on, with nothing of Express around it.
 * @param {(request: any, response: any, next: (error?: Error) => void) => void} middleware @param {any} request */
const handedOn = (middleware, request) =>
  new Promise((resolve) => middleware(request, {}, (error) => resolve(error)));

/** @type {Record<string, () => Promise<Ask>>} */
const CLIENTS = {
  async 'express-recaptcha'() {
    const { RecaptchaV3 } = await import('express-recaptcha');
    const { middleware } = new RecaptchaV3(SITEKEY, SECRET);
    return async (token) => {
      /** @type {any} */
      const request = { body: { 'g-recaptcha-response': token } };
      await handedOn(middleware.verify, request);
      const { error, data } = request.recaptcha;
      if (error) return `refused ${error}`;
      return data.hostname === 'localhost' && data.score >= 0 ? 'accepted' : `accepted ${JSON.stringify(data)}`;
    };
  },
  async '@nestlab/google-recaptcha'() {
    const { NestFactory } = await import('@nestjs/core');
    const { GoogleRecaptchaModule, GoogleRecaptchaValidator } = await import('@nestlab/google-recaptcha');
    const module = GoogleRecaptchaModule.forRoot({
      secretKey: SECRET,
      response: (request) => request.body.recaptcha,
      network: `${EDGE}/recaptcha/api/siteverify`,
    });
    const app = await NestFactory.createApplicationContext(module, { logger: false });
    const validator = app.get(GoogleRecaptchaValidator);
    return async (token) => {
      const { success, errors } = await validator.validate({ response: token });
      return success ? 'accepted' : `refused ${errors}`;
    };
  },
  async hcaptcha() {
    const { verify } = await import('hcaptcha');
    return async (token) => {
      const { success, 'error-codes': codes } = await verify(SECRET, token, undefined, SITEKEY);
      return success ? 'accepted' : `refused ${codes}`;
    };
  },
  async 'express-hcaptcha'() {
    const { default: hcaptcha } = await import('express-hcaptcha');
    return async (token) => {
      const error = await handedOn(hcaptcha.middleware.validate(SECRET), { body: { token } });
      if (!error) return 'accepted';
      if (error.status !== 400) throw error;
      return `refused ${error.message}`;
    };
  },
  async 'turnstile-verify'() {
    const { TurnstileVerify } = await import('turnstile-verify');
    const client = new TurnstileVerify({ token: SECRET });
    return async (token) => {
      const { valid, messages } = await client.validate({ response: token });
      return valid ? 'accepted' : `refused ${messages}`;
    };
  },
};

/** What the caller sees, which may be an exception. @param {Ask} ask @param {string} token */
async function told(ask, token) {
  try {
    return await ask(token);
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    return `raised ${name} ${message}`;
  }
}

const [client = '', ...tokens] = process.argv.slice(2);
const ask = await /** @type {() => Promise<Ask>} */ (CLIENTS[client])();
const all = [];
for (const token of tokens) all.push(await told(ask, token));
console.log(JSON.stringify(all));

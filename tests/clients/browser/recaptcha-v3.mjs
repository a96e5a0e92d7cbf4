import { load } from 'recaptcha-v3';
import { edge, failed, passed, pressed, sitekey } from './page.mjs';

load(sitekey, { customUrl: `${edge}/recaptcha/api.js` }).then(
  (recaptcha) => pressed(() => recaptcha.execute('signup').then(passed, () => failed('rejected'))),
  () => failed('script'),
);

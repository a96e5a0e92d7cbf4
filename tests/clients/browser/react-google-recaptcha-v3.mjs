import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { GoogleReCaptchaProvider, useGoogleReCaptcha } from 'react-google-recaptcha-v3';
import { failed, passed, place, pressed, sitekey } from './page.mjs';

function Form() {
  const { executeRecaptcha } = useGoogleReCaptcha();
  pressed(() => {
    if (executeRecaptcha) executeRecaptcha('signup').then(passed, () => failed('rejected'));
    else failed('not yet available');
  });
  return executeRecaptcha ? createElement('output', null, 'available') : null;
}

createRoot(place).render(createElement(GoogleReCaptchaProvider, { reCaptchaKey: sitekey }, createElement(Form)));

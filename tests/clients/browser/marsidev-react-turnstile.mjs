import { Turnstile } from '@marsidev/react-turnstile';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { failed, passed, place, sitekey } from './page.mjs';

createRoot(place).render(createElement(Turnstile, {
  siteKey: sitekey,
  onSuccess: passed,
  onError: failed,
  scriptOptions: { onError: () => failed('script') },
}));

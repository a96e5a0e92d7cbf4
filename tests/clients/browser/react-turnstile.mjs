import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { Turnstile } from 'react-turnstile';
import { failed, passed, place, sitekey } from './page.mjs';

createRoot(place).render(createElement(Turnstile, { sitekey, onVerify: passed, onError: failed }));

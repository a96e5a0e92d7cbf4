import HCaptcha from '@hcaptcha/react-hcaptcha';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { edge, failed, passed, place, sitekey } from './page.mjs';

createRoot(place).render(createElement(HCaptcha, { sitekey, apihost: edge, onVerify: passed, onError: failed }));

import VueHcaptcha from '@hcaptcha/vue3-hcaptcha';
import { createApp, h } from 'vue';
import { edge, failed, passed, place, sitekey } from './page.mjs';

createApp({
  render: () => h(VueHcaptcha, { sitekey, apiEndpoint: `${edge}/1/api.js`, onVerify: passed, onError: failed }),
}).mount(place);

import { createApp, h } from 'vue';
import VueRecaptcha from 'vue3-recaptcha2';
import { failed, passed, place, sitekey } from './page.mjs';

createApp({
  render: () => h(VueRecaptcha, { sitekey, onVerify: passed, onFail: () => failed('fail'), onError: failed }),
}).mount(place);

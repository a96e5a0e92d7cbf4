import { createApp, h } from 'vue';
import VueTurnstile from 'vue-turnstile';
import { failed, passed, place, sitekey } from './page.mjs';

const app = createApp({
  render: () => h(VueTurnstile, { siteKey: sitekey, modelValue: '', 'onUpdate:modelValue': passed, onError: failed }),
});
app.config.errorHandler = failed;
app.mount(place);

// Two views, of which the one with the forms is kept alive. One form's widget is rendered whenever
// the view is activated, the other has only the class.

import { KeepAlive, createApp, h, onActivated, onDeactivated, ref } from 'vue';

const { munjigi } = /** @type {any} */ (window);
const { sitekey } = document.body.dataset;

const Rendered = {
  setup() {
    const place = ref();
    /** @type {string} */
    let id;
    onActivated(() => (id = munjigi.render(place.value, { sitekey })));
    onDeactivated(() => munjigi.remove(id));
    return () => h('div', { ref: place });
  },
};
const Found = { render: () => h('div', { class: 'munjigi', 'data-sitekey': sitekey }) };
const Forms = {
  render: () => [Rendered, Found].map((widget) => h('form', [h('label', ['Name ', h('input', { name: 'who' })]), h(widget)])),
};
const Other = { render: () => h('p', 'Another view') };

const shown = ref(true);
Object.assign(window, { show: (/** @type {boolean} */ value) => (shown.value = value) });
createApp({ render: () => h(KeepAlive, null, [h(shown.value ? Forms : Other)]) }).mount('#place');

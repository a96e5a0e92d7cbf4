// Two forms with their widgets in blocks that come and go.

import { mount } from 'svelte';
// @ts-ignore: esbuild has Svelte compile it.
import App from './App.svelte';

mount(App, { target: /** @type {HTMLElement} */ (document.getElementById('place')) });

// The history cache is an extension since version 4.

import 'htmx.org';
// @ts-ignore: it has no types.
import 'htmx.org/dist/ext/hx-history-cache.js';

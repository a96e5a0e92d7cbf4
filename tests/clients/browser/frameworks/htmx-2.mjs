// The version before, whose history cache is part of it.

import htmx from 'htmx-2';

Object.assign(window, { htmx });

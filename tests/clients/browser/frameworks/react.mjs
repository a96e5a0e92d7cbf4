// One form whose widget an effect renders and its clean-up removes, and one that has only the class.

import { StrictMode, createElement, useEffect, useReducer, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';

const { munjigi } = /** @type {any} */ (window);
const { sitekey } = document.body.dataset;

function Rendered() {
  const place = useRef(null);
  useEffect(() => {
    const id = munjigi.render(place.current, { sitekey });
    return () => munjigi.remove(id);
  }, []);
  return createElement('div', { ref: place });
}

const Found = () => createElement('div', { className: 'munjigi', 'data-sitekey': sitekey });

function App() {
  const [shown, show] = useState(true);
  const [times, again] = useReducer((/** @type {number} */ before) => before + 1, 0);
  Object.assign(window, { show, again });
  return [Rendered, Found].map((Widget) => createElement('form', { key: Widget.name },
    createElement('label', null, 'Name ', createElement('input', { name: 'who' })),
    createElement('output', null, String(times)),
    shown && createElement(Widget)));
}

const root = createRoot(/** @type {HTMLElement} */ (document.getElementById('place')));
root.render(createElement(StrictMode, null, createElement(App)));

import * as Turbo from '@hotwired/turbo';

Object.assign(window, { Turbo, morphs: 0 });
addEventListener('turbo:render', (event) => {
  const { renderMethod } = /** @type {any} */ (event).detail;
  if (renderMethod === 'morph') /** @type {any} */ (window).morphs++;
});

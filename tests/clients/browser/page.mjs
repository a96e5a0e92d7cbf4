// What the page tells a client library, and whom it tells in turn.

const query = new URLSearchParams(location.search);

export const sitekey = query.get('sitekey') ?? '';
/** Where the client's own settings point, if it has any. */
export const edge = query.get('edge') ?? '';

/** @param {string} id @returns {HTMLElement} */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** In the form, for the client to draw in. */
export const place = element('place');

/** What the button does. @param {() => unknown} action */
export function pressed(action) {
  element('go').onclick = action;
}

/** @param {unknown} token */
export function passed(token) {
  document.body.dataset.token = String(token);
}

/** The first counts: some clients complain again. @param {unknown} [why] */
export function failed(why) {
  document.body.dataset.failed ??= String(why);
}

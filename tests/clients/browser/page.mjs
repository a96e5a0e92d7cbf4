// What the page tells a client library, and where it reports the results.

const query = new URLSearchParams(location.search);

export const sitekey = query.get('sitekey') ?? '';
/** The edge for the client's own settings, if it has any. */
export const edge = query.get('edge') ?? '';

/** @param {string} id @returns {HTMLElement} */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** The place in the form where the client draws. */
export const place = element('place');

/** What the button does. @param {() => unknown} action */
export function pressed(action) {
  element('go').onclick = action;
}

/** @param {unknown} token */
export function passed(token) {
  document.body.dataset.token = String(token);
}

/** Only the first call counts: some clients complain again. @param {unknown} [why] */
export function failed(why) {
  document.body.dataset.failed ??= String(why);
}

// Updates the set-up steps on a site's page as soon as they are done: delivery, first challenge, first
// token. Without this script, "Refresh" does.
const EVERY_MS = 3_000;
const LOOKS = 600;
const places = [...document.querySelectorAll('[data-awaited]')];
const told = document.querySelector('[data-awaited-told]');
const awaited = () => places.some((place) => place.querySelector('.wait, .bad'));

async function look() {
  const answer = await fetch(location.href);
  // Logged out, or no longer a member: the page stays as it is.
  if (!answer.ok || answer.redirected) return false;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const place of places) {
    const fresh = page.getElementById(place.id);
    if (!fresh || fresh.textContent === place.textContent) continue;
    place.replaceChildren(...fresh.childNodes);
    told.textContent = `${place.dataset.awaited}: ${place.querySelector('.state')?.textContent ?? ''}`;
  }
  return awaited();
}

async function keepLooking(left) {
  // A failed request may be a brief network outage, so the next one may succeed.
  const more = document.hidden || await look().catch(() => true);
  if (more && left > 0) setTimeout(keepLooking, EVERY_MS, left - 1);
}

if (awaited()) setTimeout(keepLooking, EVERY_MS, LOOKS);

// Puts what is awaited on a site's page in its place as soon as it has come: delivery, first challenge,
// first token. Without it, "Look again" does.
const EVERY_MS = 3_000;
const LOOKS = 600;
const places = [...document.querySelectorAll('[data-awaited]')];
const told = document.querySelector('[data-awaited-told]');
const awaited = () => places.some((place) => place.querySelector('.wait, .bad'));

async function look() {
  const answer = await fetch(location.href);
  // Logged out, or no member any more: the page stays as it was.
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
  // Offline for a moment: the next look may find it.
  const more = document.hidden || await look().catch(() => true);
  if (more && left > 0) setTimeout(keepLooking, EVERY_MS, left - 1);
}

if (awaited()) setTimeout(keepLooking, EVERY_MS, LOOKS);

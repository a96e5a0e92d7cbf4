// Updates the numbers of the last minutes while the page is open. Without this script they stay as
// they were when the page was made, and "Refresh" reloads it.
const place = document.querySelector('[data-live]');
if (place) {
  const part = (name) => place.querySelector(`[data-live-${name}]`);
  const say = (text, live) => {
    part('state').textContent = text;
    part('again').hidden = live;
  };
  let told = Date.now();
  const source = new EventSource(place.dataset.live);
  source.addEventListener('numbers', ({ data }) => {
    const numbers = JSON.parse(data);
    for (const each of place.querySelectorAll('[data-live-number]')) {
      each.textContent = numbers[each.dataset.liveNumber];
    }
    say(place.dataset.liveAsOf.replace('%at%', numbers.at), true);
    // Screen readers announce changes only, and at most once a minute.
    const text = place.dataset.liveSpoken.replace('%count%', numbers.redeemed);
    if (Date.now() - told > 60_000 && part('told').textContent !== text) {
      told = Date.now();
      part('told').textContent = text;
    }
  });
  source.addEventListener('end', () => {
    source.close();
    say(place.dataset.liveLoggedOut, false);
  });
  source.addEventListener('error', () => {
    say(place.dataset[source.readyState === EventSource.CLOSED ? 'liveEnded' : 'livePaused'], false);
  });
}

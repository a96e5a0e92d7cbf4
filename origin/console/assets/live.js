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
    say(`Live, as of ${numbers.at} UTC.`, true);
    // Screen readers announce changes only, and at most once a minute.
    const text = `${numbers.redeemed} tokens redeemed in the last ten minutes`;
    if (Date.now() - told > 60_000 && part('told').textContent !== text) {
      told = Date.now();
      part('told').textContent = text;
    }
  });
  source.addEventListener('end', () => {
    source.close();
    say('Live updates ended: you are logged out or no longer a member.', false);
  });
  source.addEventListener('error', () => {
    say(source.readyState === EventSource.CLOSED ? 'Live updates ended.' : 'Live updates paused. Retrying…', false);
  });
}

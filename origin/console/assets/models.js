// Makes a chosen picture small enough for a form, which also leaves behind what the file says of
// where and by whom it was taken. Models look at smaller ones anyway.
const form = document.querySelector('[data-ask]');
const file = form.querySelector('[type=file]');
const shown = form.querySelector('[data-shown]');
const { picture, name } = form.elements;
const MOST_ACROSS = 1024;
const MOST_CHARACTERS = 200_000;

for (const part of form.querySelectorAll('[data-needs-script]')) part.hidden = false;

const forget = () => {
  picture.value = name.value = '';
  shown.hidden = true;
};

file.addEventListener('change', async () => {
  forget();
  file.setCustomValidity('');
  const [chosen] = file.files;
  if (!chosen) return;
  try {
    const image = await createImageBitmap(chosen);
    const scale = Math.min(1, MOST_ACROSS / Math.max(image.width, image.height));
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height].map((edge) => Math.max(1, Math.round(edge * scale)));
    const paint = canvas.getContext('2d');
    // What is transparent would be black.
    paint.fillStyle = '#fff';
    paint.fillRect(0, 0, canvas.width, canvas.height);
    paint.drawImage(image, 0, 0, canvas.width, canvas.height);
    const url = [0.92, 0.8, 0.6, 0.4, 0.2]
      .map((quality) => canvas.toDataURL('image/jpeg', quality))
      .find((url) => url.length < MOST_CHARACTERS);
    picture.value = url.split(',')[1].replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    name.value = chosen.name;
    shown.src = url;
    shown.hidden = false;
    for (const radio of form.querySelectorAll('[name=photo]')) radio.checked = false;
  } catch {
    file.setCustomValidity(file.dataset.unreadable);
    file.reportValidity();
  }
});

// A photo of the gallery instead.
form.addEventListener('change', ({ target }) => {
  if (target.name !== 'photo') return;
  file.value = '';
  file.setCustomValidity('');
  forget();
});

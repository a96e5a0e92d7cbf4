// Keys and frames for reviewing photos. Without this script, the forms' own fields and buttons do.
const form = document.querySelector('[data-review]');
for (const hint of document.querySelectorAll('[data-needs-script]')) hint.hidden = false;

const everything = document.querySelector('[data-tick-all]');
if (everything) {
  everything.hidden = false;
  everything.querySelector('input').addEventListener('change', ({ target }) => {
    for (const box of document.querySelectorAll('[name=photo]')) box.checked = target.checked;
  });
}

if (form) {
  const STEP = 10;
  const WIDTH = 480;
  const HEIGHT = 320;
  const picture = form.querySelector('[data-framed]');
  const shown = form.querySelector('[data-frame]');
  const fields = ['left', 'top', 'width', 'height'].map((name) => form.elements[name]);
  const within = (number, most) => Math.max(0, Math.min(most, number));
  const chosen = (name, value) => [...form.querySelectorAll(`[name=${name}]`)].find((radio) => radio.value === value);
  const frame = () => fields.map((field) => Number(field.value) || 0);
  const draw = () => {
    const [x, y, width, height] = frame();
    for (const [name, value] of Object.entries({ x, y, width, height })) shown.setAttribute(name, value);
  };
  const set = (left, top, width, height) => {
    [left, top, width, height].forEach((number, place) => (fields[place].value = Math.round(number)));
    chosen('place', 'frame').checked = true;
    draw();
  };

  for (const field of fields) {
    field.addEventListener('input', () => {
      chosen('place', 'frame').checked = true;
      draw();
    });
  }
  form.elements.other.addEventListener('change', () => (chosen('thing', '').checked = true));

  picture.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    let [left, top, width, height] = frame();
    if (!width || !height) [left, top, width, height] = [200, 130, 80, 60];
    else if (event.shiftKey) [width, height] = [Math.max(STEP, width + step[0]), Math.max(STEP, height + step[1])];
    else [left, top] = [left + step[0], top + step[1]];
    [width, height] = [within(width, WIDTH), within(height, HEIGHT)];
    set(within(left, WIDTH - width), within(top, HEIGHT - height), width, height);
  });

  // The picture may be shown smaller than it is.
  const at = (event) => {
    const box = picture.querySelector('img').getBoundingClientRect();
    return [within(((event.clientX - box.left) / box.width) * WIDTH, WIDTH), within(((event.clientY - box.top) / box.height) * HEIGHT, HEIGHT)];
  };
  let from;
  picture.addEventListener('pointerdown', (event) => {
    from = at(event);
    picture.setPointerCapture(event.pointerId);
    event.preventDefault();
    picture.focus();
  });
  picture.addEventListener('pointermove', (event) => {
    if (!from) return;
    const to = at(event);
    set(Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]));
  });
  for (const end of ['pointerup', 'pointercancel']) picture.addEventListener(end, () => (from = undefined));

  form.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches('select, input[type=number]')) return;
    const press = (selector) => form.querySelector(selector)?.click();
    if (event.key === 'a') press('[value=accept]');
    else if (event.key === 'r') press('[value=reject]');
    else if (event.key === 'n') press('[data-next]');
    else if (/^[1-9]$/.test(event.key)) press(`[data-key="${event.key}"]`);
    else return;
    event.preventDefault();
  });

  draw();
  picture.focus({ preventScroll: true });
}

// What the three kinds of picture share: how one is placed in the dialog, and creating elements.

/** The texts of a locale; see picture/locales. */
export interface Words {
  grid: string;
  area: string;
  turn: string;
  "hint-grid": string;
  "hint-area": string;
  "hint-turn": string;
  "none-grid": string;
  "none-area": string;
  round: string;
  tile: string;
  spot: string;
  view: string;
  left: string;
  right: string;
  reference: string;
  new: string;
  way: string;
  help: string;
  close: string;
  confirm: string;
  next: string;
  retry: string;
  about: string;
  wrong: string;
  stale: string;
  unsent: string;
  offline: string;
  busy: string;
  working: string;
  checking: string;
  /** By key; if a language needs two forms, the indefinite one, `|`, the definite one. */
  things: Record<string, string>;
}

/** One round of a picture. */
export interface Board {
  element: HTMLElement;
  /** Puts the focus where the keys work. */
  focus(how?: FocusOptions): void;
  /** The answer to the round; nothing until there is one. */
  answer(): number | number[] | undefined;
}

/** What a round may do to the dialog. */
export interface Place {
  words: Words;
  /** The visitor acted; `offset` is how far from the centre they pointed (1: at the edge). */
  act(offset?: number): void;
  /** Announces a text to screen readers. */
  tell(text: string): void;
  confirm(): void;
}

export interface Shape {
  rows: number;
  columns: number;
}

export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  kind = "",
  text = "",
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (kind) element.className = kind;
  element.textContent = text;
  return element;
}

/** Sets a role and states, as attributes: older browsers have no properties for them. */
export function aria(element: Element, states: Record<string, string | number | boolean>): void {
  for (const [name, value] of Object.entries(states))
    element.setAttribute(name == "role" ? name : `aria-${name}`, String(value));
}

/** A text with its numbers. */
export const say = (text: string, numbers: Record<string, number>): string =>
  text.replace(/\{(\w)\}/g, (_, name: string) =>
    numbers[name]!.toLocaleString(document.documentElement.lang),
  );

/** Shows one cell of an image that holds `columns` × `rows` of them. */
export function slice({ style }: HTMLElement, image: HTMLImageElement, shape: Shape, cell: number): void {
  const { columns, rows } = shape;
  const part = (at: number, of: number): string => `${of > 1 ? (100 * at) / (of - 1) : 0}%`;
  style.backgroundImage = `url("${image.src}")`;
  style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
  style.backgroundPosition = `${part(cell % columns, columns)} ${part(Math.floor(cell / columns), rows)}`;
}

/** How far a pointer was from the centre of its target; nothing for keys. */
export function offset({ clientX, clientY, detail }: MouseEvent, element: Element): number | undefined {
  if (!detail) return undefined;
  const { left, top, width, height } = element.getBoundingClientRect();
  return Math.hypot((clientX - left) / width - 0.5, (clientY - top) / height - 0.5) * 2;
}

// Tables and the few statistics that benchmarks print. What is measured does not live here.

/**
 * @typedef {string | number | null} Cell
 * @typedef {{title: string, columns: string[], rows: Cell[][], notes?: string[]}} Table
 * @typedef {{name: string, tables: Table[], data: object}} Result
 */

/**
 * The value below which a share of the values lies (nearest rank).
 * @param {number[]} values
 * @param {number} share between 0 and 1
 */
export function percentile(values, share) {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1];
}

/** @param {number[]} values */
export const median = (values) => percentile(values, 0.5);

/** @param {number[]} values */
export const sum = (values) => values.reduce((total, value) => total + value, 0);

/** @param {number[]} values */
export const mean = (values) => (values.length ? sum(values) / values.length : Number.NaN);

/**
 * Wilson's interval of a share at 95 %.
 * @param {number} hits
 * @param {number} tried
 * @returns {[number, number]}
 */
export function wilson(hits, tried) {
  if (tried === 0) return [0, 1];
  const z = 1.959964;
  const rate = hits / tried;
  const middle = rate + (z * z) / (2 * tried);
  const reach = z * Math.sqrt((rate * (1 - rate)) / tried + (z * z) / (4 * tried * tried));
  const scale = 1 + (z * z) / tried;
  return [Math.max(0, (middle - reach) / scale), Math.min(1, (middle + reach) / scale)];
}

/**
 * A number for people: four significant digits, thousands grouped.
 * @param {number} value
 */
export function figure(value) {
  if (!Number.isFinite(value)) return '–';
  if (value === 0 || Number.isInteger(value)) return value.toLocaleString('en-US');
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en-US', {
    minimumFractionDigits: Math.min(digits, 6),
    maximumFractionDigits: Math.min(digits, 6),
  });
}

/** @param {Cell} cell */
function text(cell) {
  if (cell === null || cell === undefined) return '–';
  return typeof cell === 'number' ? figure(cell) : cell;
}

/**
 * A table in Markdown, with columns aligned for a terminal.
 * @param {Table} table
 */
export function render({ title, columns, rows, notes = [] }) {
  const cells = rows.map((row) => columns.map((_, i) => text(row[i])));
  const widths = columns.map((name, i) =>
    Math.max(name.length, ...cells.map((row) => row[i].length)),
  );
  const numeric = columns.map((_, i) => rows.some((row) => typeof row[i] === 'number'));
  const line = (/** @type {string[]} */ row) =>
    `| ${row.map((cell, i) => (numeric[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (numeric[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  const lines = [`## ${title}`, '', line(columns), rule, ...cells.map(line)];
  if (notes.length) lines.push('', ...notes.map((note) => `- ${note}`));
  return `${lines.join('\n')}\n`;
}

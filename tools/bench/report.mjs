// The table of medians over the rounds.
import { meets, ROWS } from './goals.mjs';
import { median } from './quantile.mjs';

/** `rounds` has the figures of each round by the name of the measure. A row without figures is left out. */
export function tableOf(rounds) {
  return ROWS.flatMap(({ title, form, of, figure, goal }) => {
    const measured = rounds.filter((figures) => of.every((name) => figures[name]));
    const values = measured
      .map((figures) => figure(...of.map((name) => figures[name])))
      .filter((value) => Number.isFinite(value));
    if (values.length === 0) return [];
    const middle = median(values);
    return [{ title, form, values, median: middle, goal, met: meets(goal, middle) }];
  });
}

/** The rows with a goal that are not in the table. */
export function unmeasured(table) {
  const titles = table.map(({ title }) => title);
  return ROWS.filter(({ title, goal }) => goal && !titles.includes(title)).map(({ title }) => title);
}

const HEADINGS = ['measure', 'median', 'from – to', 'goal', ''];

export function textOf(table) {
  const lines = table.map(({ title, form: { unit, digits }, values, median: middle, goal, met }) => {
    const show = (value) => number(value, digits);
    const spread = `${show(Math.min(...values))} – ${show(Math.max(...values))}`;
    const verdict = { true: 'pass', false: 'FAIL', null: '' }[met];
    return [title, show(middle) + unit, values.length > 1 ? spread : '', goalText(goal, show), verdict];
  });
  const widths = HEADINGS.map((_, column) =>
    Math.max(...[HEADINGS, ...lines].map((cells) => cells[column].length)),
  );
  const lineOf = (cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  ');
  return [HEADINGS, widths.map((width) => '-'.repeat(width)), ...lines]
    .map((cells) => lineOf(cells).trimEnd())
    .join('\n');
}

function goalText(goal, show) {
  if (goal === null) return '';
  const { least, most } = goal;
  if (least !== undefined && most !== undefined) return `${show(least)} – ${show(most)}`;
  return least !== undefined ? `≥ ${show(least)}` : `≤ ${show(most)}`;
}

/** With a thin space between thousands. */
function number(value, digits) {
  const [whole, fraction] = value.toFixed(digits).split('.');
  const grouped = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ' ');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

function timesOf(statuses) {
  return Object.entries(statuses)
    .map(([status, times]) => `${times} × ${status}`)
    .join(', ');
}

/** How each figure is shown, in this sequence. A text is left out where its figure is missing. */
const SUMMARY = [
  ['skipped', (why) => `skipped: ${why}`],
  ['rate', (rate, { tried }) => !tried && `${number(rate, 0)}/s`],
  ['latencyMs', ({ p50, p99 }) => `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`],
  ['statuses', timesOf],
  ['unsent', (unsent) => unsent > 0 && `${unsent} were due and could not be sent`],
  ['lists', (lists) => `lists ${number(lists.rate, 0)}/s (${timesOf(lists.statuses)})`],
  ['one', ({ rate, statuses }) => `in one call ${number(rate, 0)}/s (${timesOf(statuses)})`],
  ['reads', ({ allMs, statuses }) => `reads p99 ${allMs?.p99.toFixed(1)} ms (${timesOf(statuses)})`],
  [
    'attack',
    ({ refused, seconds, largeHeaders }) =>
      `${number(refused / seconds, 0)} wrong tokens/s, ${largeHeaders} answers to large headers`,
  ],
  ['indexEntries', (entries) => `${entries.toFixed(1)} index entries`],
  [
    'walBytes',
    (bytes, { walImageBytes }) =>
      `${number(bytes, 0)} B of log and ${number(walImageBytes, 0)} B of page images`,
  ],
  ['left', (left) => `${number(left, 0)} were left`],
  ['generatorCpu', (cpu) => `generator ${(cpu * 100).toFixed(0)} % of a core`],
  ['rssPeakMiB', (rss) => Number.isFinite(rss) && `RSS ${rss.toFixed(0)} MiB at most`],
  ['readyMs', (ms) => `ready after ${ms.toFixed(0)} ms`],
  [
    'tried',
    (tried) =>
      tried.map(({ connections, rate }) => `${connections} connections ${number(rate, 0)}/s`).join(', '),
  ],
  ['growth', (growth) => `RSS × ${growth.toFixed(2)}`],
  [
    'ranOut',
    (ranOut) =>
      ranOut && 'all callbacks were sent before the time was up, so the figures are for the shorter time',
  ],
];

/** The figures of a measure in one line. */
export function summaryOf(figures) {
  return SUMMARY.filter(([name]) => figures[name] !== undefined && figures[name] !== null)
    .map(([name, textFor]) => textFor(figures[name], figures))
    .filter(Boolean)
    .join('; ');
}

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

const timesOf = (statuses) =>
  Object.entries(statuses)
    .map(([status, times]) => `${times} × ${status}`)
    .join(', ');

/** The figures of a measure in one line. */
export function summaryOf({
  rate,
  latencyMs,
  statuses,
  unsent,
  lists,
  generatorCpu,
  rssPeakMiB,
  readyMs,
  tried,
  growth,
  ranOut,
}) {
  const parts = [
    rate !== undefined && !tried && `${number(rate, 0)}/s`,
    latencyMs && `p50 ${latencyMs.p50.toFixed(1)} ms, p99 ${latencyMs.p99.toFixed(1)} ms`,
    statuses && timesOf(statuses),
    unsent > 0 && `${unsent} were due and could not be sent`,
    lists && `lists ${number(lists.rate, 0)}/s (${timesOf(lists.statuses)})`,
    generatorCpu !== undefined && `generator ${(generatorCpu * 100).toFixed(0)} % of a core`,
    Number.isFinite(rssPeakMiB) && `RSS ${rssPeakMiB.toFixed(0)} MiB at most`,
    readyMs !== undefined && `ready after ${readyMs.toFixed(0)} ms`,
    tried &&
      tried
        .map(({ connections, rate: each }) => `${connections} connections ${number(each, 0)}/s`)
        .join(', '),
    growth !== undefined && `RSS × ${growth.toFixed(2)}`,
    ranOut && 'all callbacks were sent before the time was up, so the figures are for the shorter time',
  ];
  return parts.filter(Boolean).join('; ');
}

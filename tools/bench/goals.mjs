// The rows of the table. A row has a figure for each round, computed from the named measures, and a goal for its median. A ratio
// uses figures of one round, because the speed of the machine changes between rounds.
const perSecond = { unit: '/s', digits: 0 };
const ms = { unit: ' ms', digits: 1 };
const mib = { unit: ' MiB', digits: 0 };
const ratio = { unit: '', digits: 2 };
const percent = { unit: ' %', digits: 0 };

const rate = (figures) => figures.rate;
const p99 = (figures) => figures.latencyMs.p99;
const p50 = (figures) => figures.latencyMs.p50;
const rates = (left, right) => left.rate / right.rate;
const answered = ({ statuses, seconds }) =>
  Object.values(statuses).reduce((sum, times) => sum + times, 0) / seconds;

// prettier-ignore
const TABLE = [
  ['distinct callbacks', perSecond, ['distinct'], rate],
  ['pgbench, one callback a transaction', perSecond, ['pgbench'], rate],
  ['pgbench, all rows in one statement', perSecond, ['pgbench-statement'], rate],
  ['distinct ÷ pgbench, one callback a transaction', ratio, ['distinct', 'pgbench'], rates, { least: 2.6 }],
  ['distinct ÷ pgbench, all rows in one statement', ratio, ['distinct', 'pgbench-statement'], rates, { least: 1 }],
  ['distinct in a database that was never analysed', perSecond, ['fresh'], rate],
  ['distinct in a database that was never analysed ÷ distinct', ratio, ['fresh', 'distinct'], rates, { least: 0.95 }],
  ['10 000 copies of a callback', perSecond, ['copies'], rate],
  ['10 000 copies of a callback ÷ distinct', ratio, ['copies', 'distinct'], rates, { least: 1.5 }],
  ['WeChat Pay ÷ distinct', ratio, ['wechat-pay', 'distinct'], rates, { least: 0.7 }],
  ['Alipay ÷ distinct', ratio, ['alipay', 'distinct'], rates, { least: 0.7 }],
  ['Stripe ÷ distinct', ratio, ['stripe', 'distinct'], rates],
  ['half load, p99', ms, ['half'], p99, { most: 25 }],
  ['half load, p99 of pgbench at half of its own', ms, ['pgbench-half'], p99],
  ['half load, p99 ÷ p99 of pgbench', ratio, ['half', 'pgbench-half'], (half, pgbench) => p99(half) / p99(pgbench), { most: 3 }],
  ['half load while 64 clients read lists, p99', ms, ['reads'], p99],
  ['half load while 64 clients read lists, p99 ÷ p99 without them', ratio, ['reads', 'half'], (reads, half) => p99(reads) / p99(half), { most: 2 }],
  ['half load while 64 clients read lists, lists', perSecond, ['reads'], ({ lists }) => lists.rate],
  ['half load while 64 clients read lists, p99 of a list', ms, ['reads'], ({ lists }) => lists.latencyMs?.p99],
  ['one caller, p50', ms, ['alone'], p50],
  ['one client of pgbench, p50', ms, ['pgbench-alone'], p50],
  ['one caller, p50 ÷ (1.5 × pgbench + 1 ms)', ratio, ['alone', 'pgbench-alone'], (alone, pgbench) => p50(alone) / (1.5 * p50(pgbench) + 1), { most: 1 }],
  ['10 M payments in the tables ÷ 100 k', ratio, ['ten-million', 'distinct'], rates, { least: 0.9 }],
  ['overload × 4, offered', perSecond, ['overload'], ({ offered }) => offered],
  ['overload × 4, answered', perSecond, ['overload'], answered],
  ['overload × 4, accepted ÷ distinct', ratio, ['overload', 'distinct'], rates, { least: 0.9 }],
  ['overload × 4, p99 of the accepted', ms, ['overload'], p99, { most: 250 }],
  ['overload × 4, p99 of the 503s', ms, ['overload'], ({ refusedMs }) => refusedMs?.p99],
  ['overload × 4, RSS at most', mib, ['overload'], ({ rssPeakMiB }) => rssPeakMiB, { most: 250 }],
  ['lists of payments with 20 000 events each, RSS at most', mib, ['long-logs'], ({ rssPeakMiB }) => rssPeakMiB, { most: 250 }],
  ['RSS after all callbacks ÷ after a tenth of them', ratio, ['memory'], ({ growth }) => growth, { least: 0.9, most: 1.1 }],
  ['start until ready, warm data', ms, ['ready'], ({ readyMs }) => readyMs, { most: 3000 }],
  ['start until ready, with embedded PostgreSQL', ms, ['ready-embedded'], ({ readyMs }) => readyMs],
  ['two replicas ÷ one', ratio, ['replicas', 'distinct'], rates, { least: 1 }],
  ['backlog, settled by the worker', perSecond, ['drain'], rate],
  ['load generator against an instant server', perSecond, ['generator'], rate],
  ['load generator against an instant server ÷ distinct', ratio, ['generator', 'distinct'], rates],
  ['distinct, CPU of the load generator', percent, ['distinct'], ({ generatorCpu }) => generatorCpu * 100],
  ['distinct, CPU of the service', percent, ['distinct'], ({ serviceCpu }) => serviceCpu * 100],
  ['distinct, RSS of the service at most', mib, ['distinct'], ({ rssPeakMiB }) => rssPeakMiB],
];

export const ROWS = TABLE.map(([title, form, of, figure, goal = null]) => ({
  title,
  form,
  of,
  figure,
  goal,
}));

/** Whether a value meets a goal. Null if there is no goal. */
export function meets(goal, value) {
  if (goal === null) return null;
  return value >= (goal.least ?? -Infinity) && value <= (goal.most ?? Infinity);
}

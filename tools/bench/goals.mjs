// The rows of the table. A row has a figure for each round, computed from the named measures, and a goal for its median. A ratio
// uses figures of one round, because the speed of the machine changes between rounds.
const perSecond = { unit: '/s', digits: 0 };
const ms = { unit: ' ms', digits: 1 };
const seconds = { unit: ' s', digits: 1 };
const mib = { unit: ' MiB', digits: 0 };
const ratio = { unit: '', digits: 2 };
const micros = { unit: ' µs', digits: 0 };
const bytes = { unit: ' B', digits: 0 };
const entries = { unit: '', digits: 1 };
const percent = { unit: ' %', digits: 0 };

const rate = (figures) => figures.rate;
const p99 = (figures) => figures.latencyMs.p99;
const p50 = (figures) => figures.latencyMs.p50;
const rates = (left, right) => left.rate / right.rate;
const answered = ({ statuses, seconds }) =>
  Object.values(statuses).reduce((sum, times) => sum + times, 0) / seconds;

/**
 * Bytes of the write-ahead log that a settled callback took in version 0.3.0, without page images: PostgreSQL 18.4, time-ordered numbers,
 * 26 November 2026. The goal of the present version is a share of it.
 */
const WAL_BYTES_OF_0_3_0 = 4_430;
const cpuOf = (figures) => (figures.postgresCpu / figures.rate) * 1e6;
const slowest = ({ named }) => Math.max(...Object.values(named).map((latencies) => latencies?.p50 ?? 0));

// prettier-ignore
const TABLE = [
  ['distinct callbacks', perSecond, ['distinct'], rate],
  ['pgbench, one callback a transaction', perSecond, ['pgbench'], rate],
  ['pgbench, all rows in one statement', perSecond, ['pgbench-statement'], rate],
  ['distinct ÷ pgbench, one callback a transaction', ratio, ['distinct', 'pgbench'], rates, { least: 2.2 }],
  ['distinct ÷ pgbench, all rows in one statement', ratio, ['distinct', 'pgbench-statement'], rates, { least: 1.15 }],
  ['settled callbacks for each CPU second of the service', perSecond, ['distinct'], (figures) => figures.rate / figures.serviceCpu, { least: 8000 }],
  ['CPU of PostgreSQL, a settled callback', micros, ['distinct'], cpuOf, { most: 100 }],
  ['CPU of PostgreSQL, a settled callback, without background processes', micros, ['distinct'], (figures) => (figures.sessionsCpu / figures.rate) * 1e6],
  ['CPU of PostgreSQL, a transaction of pgbench', micros, ['pgbench'], cpuOf],
  ['CPU of PostgreSQL, the statement of pgbench', micros, ['pgbench-statement'], cpuOf],
  ['index entries of a settled callback', entries, ['index-entries'], ({ indexEntries }) => indexEntries, { most: 17 }],
  ['write-ahead log of a settled callback, records', bytes, ['wal'], ({ walBytes }) => walBytes],
  ['write-ahead log of a settled callback, page images', bytes, ['wal'], ({ walImageBytes }) => walImageBytes],
  ['write-ahead log of a settled callback, records ÷ those of 0.3.0', ratio, ['wal'], ({ walBytes }) => walBytes / WAL_BYTES_OF_0_3_0, { most: 0.6 }],
  ['order and payment placed in two calls', perSecond, ['place'], ({ two }) => two.rate],
  ['order and payment placed in one call', perSecond, ['place'], ({ one }) => one?.rate],
  ['order and payment placed by pgbench', perSecond, ['pgbench-place'], rate],
  ['order and payment placed in two calls ÷ distinct', ratio, ['place', 'distinct'], ({ two }, distinct) => two.rate / distinct.rate, { least: 0.5 }],
  ['order and payment placed in one call ÷ distinct', ratio, ['place', 'distinct'], ({ one }, distinct) => one && one.rate / distinct.rate, { least: 0.8 }],
  ['order and payment placed in two calls ÷ pgbench', ratio, ['place', 'pgbench-place'], ({ two }, pgbench) => two.rate / pgbench.rate],
  ['order and payment placed in one call ÷ pgbench', ratio, ['place', 'pgbench-place'], ({ one }, pgbench) => one && one.rate / pgbench.rate],
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
  ['a third of the peak, p99', ms, ['third'], p99],
  ['a third of the peak under attack, p99', ms, ['attack'], p99],
  ['a third of the peak under attack, p99 ÷ p99 without it', ratio, ['attack', 'third'], (attacked, third) => p99(attacked) / p99(third), { most: 2 }],
  ['a third of the peak under attack, wrong tokens', perSecond, ['attack'], ({ attack }) => attack.refused / attack.seconds],
  ['a third of the peak under attack, RSS at most', mib, ['attack'], ({ rssPeakMiB }) => rssPeakMiB, { most: 250 }],
  ['one caller, p50', ms, ['alone'], p50],
  ['one client of pgbench, p50', ms, ['pgbench-alone'], p50],
  ['one caller, p50 ÷ (1.5 × pgbench + 1 ms)', ratio, ['alone', 'pgbench-alone'], (alone, pgbench) => p50(alone) / (1.5 * p50(pgbench) + 1), { most: 1 }],
  ['10 M payments in the tables ÷ 100 k', ratio, ['ten-million', 'distinct'], rates, { least: 0.9 }],
  ['10 M payments in the tables, p99 of reads at 200/s beside half load', ms, ['reads-10m'], ({ reads }) => reads.allMs?.p99, { most: 20 }],
  ['10 M payments in the tables, p50 of the slowest kind of read', ms, ['reads-10m'], ({ reads }) => slowest(reads)],
  ['10 M payments in the tables, p99 of half load beside these reads', ms, ['reads-10m'], p99],
  ['audit, a million pieces of money', seconds, ['audit'], ({ alone }) => alone.secondsOfMillion, { most: 10 }],
  ['audit, RSS of the service at most', mib, ['audit'], ({ alone }) => alone.rssPeakMiB, { most: 250 }],
  ['half load with the audited payments in the tables, p99', ms, ['audit'], ({ without }) => without.p99],
  ['half load beside audits, p99', ms, ['audit'], p99],
  ['half load beside audits, p99 ÷ p99 without them', ratio, ['audit'], (audit) => p99(audit) / audit.without.p99, { most: 1.2 }],
  ['old bodies and headers, dropped', perSecond, ['retention'], rate],
  ['old bodies and headers, dropped ÷ distinct', ratio, ['retention', 'distinct'], rates, { least: 1 }],
  ['old bodies and headers, share of their space that is not free afterwards', ratio, ['retention'], ({ sizeLeft }) => sizeLeft, { most: 0.1 }],
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

import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { REJECTION_REASONS } from '../../src/adapters/gateways/gateway.js';
import { Metrics } from '../../src/adapters/observability/metrics.js';

const REFERENCE = 'docs/reference/metrics.md';
const MONITORING = 'docs/operations/monitoring.md';
const ALERTS = 'docs/operations/alerts.yml';

/** The exposition with a series of every metric. */
const exposition = (): Promise<string> =>
  new Metrics({ gateways: ['stripe'], rejectionReasons: REJECTION_REASONS }).text({
    pending: { count: 0, oldestSeconds: 0 },
    openCases: {},
    disputes: [{ gateway: 'stripe', open: 1, dueSoon: 1 }],
    refunds: [],
    lags: [{ subscriber: 'nats', seconds: 0, paused: false }],
  });

/** `name{labels} type` of every metric of the service. */
async function served(): Promise<string[]> {
  const text = await exposition();
  return [...text.matchAll(/^# TYPE (quittance_\w+) (\w+)$/gm)].map(([, name, type]) => {
    const [, series = ''] = new RegExp(`^${name}(?:_bucket)?(?:\\{([^}]*)\\})? `, 'm').exec(text)!;
    const labels = [...series.matchAll(/(\w+)="/g)]
      .map(([, label]) => label!)
      .filter((label) => label !== 'le');
    return `${name}${labels.length ? `{${labels.join(',')}}` : ''} ${type}`;
  });
}

test('the reference has every metric with its labels and its type, and none that is not served', async () => {
  const rows = readFileSync(REFERENCE, 'utf8').matchAll(/^\| `(quittance_[^`]+)`\s*\| (\w+)/gm);
  const described = [...rows].map(([, name, type]) => `${name} ${type}`);
  expect(described.toSorted()).toEqual((await served()).toSorted());
});

test('the reference names every reason that a label can have', async () => {
  const reference = readFileSync(REFERENCE, 'utf8');
  const reasons = [...(await exposition()).matchAll(/reason="(\w+)"/g)].map(([, reason]) => reason!);
  expect(new Set(reasons).size).toBeGreaterThan(15);
  expect(reasons.filter((reason) => !reference.includes(`\`${reason}\``))).toEqual([]);
});

/** The roles of the database have the same prefix as metrics. */
const ROLES = ['quittance_owner', 'quittance_service'];

test('alerts and queries of the documents use metrics and labels that are served', async () => {
  const text = await exposition();
  const names = new Set([...text.matchAll(/^(\w+?)(?:_bucket|_sum|_count)?[ {]/gm)].map(([, name]) => name!));
  for (const file of [REFERENCE, MONITORING, ALERTS]) {
    const used = [...readFileSync(file, 'utf8').matchAll(/\b(?:quittance|process|nodejs)_\w+\b/g)];
    const unknown = used
      .map(([name]) => name.replace(/_bucket$/, ''))
      .filter((name) => !names.has(name) && !ROLES.includes(name));
    expect({ file, unknown }).toEqual({ file, unknown: [] });
  }
});

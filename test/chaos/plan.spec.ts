import { expect, test } from '@jest/globals';
import { makePlan } from '../../chaos/make-plan.js';
import { callbacksOf, type Plan } from '../../chaos/plan.js';
import { SCENARIOS } from '../../chaos/scenarios.js';
import { LONG, PROOF, QUICK, SHORT } from '../../chaos/weathers.js';

const faultsIn = ({ faults }: Plan, ...kinds: string[]) =>
  faults.filter(({ kind }) => kinds.includes(kind)).length;

test('a seed makes the same plan again, and another seed another one', () => {
  expect(makePlan(7, QUICK)).toEqual(makePlan(7, QUICK));
  expect(makePlan(8, QUICK).scenarios).not.toEqual(makePlan(7, QUICK).scenarios);
  expect(makePlan(8, QUICK).faults).not.toEqual(makePlan(7, QUICK).faults);
});

test('the long storm kills the services twenty times and the database five times at the least, and the quick one has every fault', () => {
  const long = makePlan(1, LONG);
  expect(faultsIn(long, 'service killed', 'replica killed')).toBeGreaterThanOrEqual(20);
  expect(faultsIn(long, 'database killed')).toBeGreaterThanOrEqual(5);
  for (const kind of Object.keys(QUICK.faults))
    expect(faultsIn(makePlan(1, QUICK), kind)).toBeGreaterThanOrEqual(1);
});

test.each([
  ['long', LONG],
  ['quick', QUICK],
  ['short', SHORT],
  ['proof', PROOF],
])('the %s storm plays every scenario that it has a weight for, over all four gateways', (_, weather) => {
  const plan = makePlan(3, weather);
  const left = SCENARIOS.filter(({ name, weight }) => (weather.weights?.[name] ?? weight) > 0);
  expect(new Set(plan.scenarios.map(({ name }) => name))).toEqual(new Set(left.map(({ name }) => name)));
  expect(new Set(callbacksOf(plan).map(({ gateway }) => gateway)).size).toBe(4);
});

test('no two callbacks share a key, and every genuine one says what it may come to', () => {
  const callbacks = callbacksOf(makePlan(5, QUICK));
  expect(new Set(callbacks.map(({ key }) => key)).size).toBe(callbacks.length);
  expect(callbacks.filter(({ forgery, expected }) => (expected.length === 0) !== (forgery !== null))).toEqual(
    [],
  );
});

import { expect, test } from '@jest/globals';
import { makePlan } from '../../tools/chaos/make-plan.js';
import { type Plan, callbacksOf, deedsOf, ordersOf, probesOf } from '../../tools/chaos/plan.js';
import { SCENARIOS } from '../../tools/chaos/scenarios.js';
import { LONG, PROOF, QUICK, SHORT, lasting } from '../../tools/chaos/profiles.js';

const faultsIn = ({ faults, databaseFaults }: Plan, ...kinds: string[]) =>
  [...faults, ...databaseFaults].filter(({ kind }) => kinds.includes(kind)).length;

const plan = makePlan(5, QUICK);

test('the same seed makes the same plan, and another seed makes another plan', () => {
  expect(makePlan(7, QUICK)).toEqual(makePlan(7, QUICK));
  expect(makePlan(8, QUICK).scenarios).not.toEqual(makePlan(7, QUICK).scenarios);
  expect(makePlan(8, QUICK).faults).not.toEqual(makePlan(7, QUICK).faults);
  expect(makePlan(8, QUICK).databaseFaults).not.toEqual(makePlan(7, QUICK).databaseFaults);
});

test('the long profile has at least twenty kills of a replica and five of the database, and the quick one every kind of fault', () => {
  const long = makePlan(1, LONG);
  expect(faultsIn(long, 'first replica killed', 'second replica killed')).toBeGreaterThanOrEqual(20);
  expect(faultsIn(long, 'database killed')).toBeGreaterThanOrEqual(5);
  for (const kind of Object.keys({ ...QUICK.faults, ...QUICK.databaseFaults }))
    expect(faultsIn(makePlan(1, QUICK), kind)).toBeGreaterThanOrEqual(1);
});

test('a shorter run has as many faults a minute as a long one, and each kind at least once', () => {
  const sum = (counts: object) =>
    Object.values(counts).reduce((total: number, count: number) => total + count, 0);
  const shorter = lasting(LONG, LONG.seconds / 4);
  expect(sum(shorter.faults) / sum(LONG.faults)).toBeCloseTo(0.25, 1);
  expect(Math.min(...Object.values(lasting(LONG, 1).databaseFaults))).toBe(1);
  expect(lasting(SHORT, 6).faults).toMatchObject({ 'first replica killed': 2, 'second replica killed': 0 });
  expect(lasting(QUICK, QUICK.seconds)).toEqual(QUICK);
});

test.each([
  ['long', LONG],
  ['quick', QUICK],
  ['short', SHORT],
  ['proof', PROOF],
])('the %s profile uses every scenario that it does not leave out, with all four gateways', (_, profile) => {
  const made = makePlan(3, profile);
  const expected = SCENARIOS.filter(({ name, weight }) => (profile.weights?.[name] ?? weight) > 0);
  expect(new Set(made.scenarios.map(({ name }) => name))).toEqual(new Set(expected.map(({ name }) => name)));
  expect(new Set(callbacksOf(made).map(({ gateway }) => gateway)).size).toBe(4);
});

test('every callback has its own key, and every genuine one has expected outcomes', () => {
  const callbacks = callbacksOf(plan);
  expect(new Set(callbacks.map(({ key }) => key)).size).toBe(callbacks.length);
  expect(callbacks.filter(({ forgery, expected }) => (expected.length === 0) !== (forgery !== null))).toEqual(
    [],
  );
});

test('every deed has its own key and right answers, and the money of every genuine success has a place to end', () => {
  const deeds = deedsOf(plan);
  expect(deeds.length).toBeGreaterThan(100);
  expect(new Set(deeds.map(({ key }) => key)).size).toBe(deeds.length);
  expect(deeds.filter(({ expected }) => expected.length === 0)).toEqual([]);
  const homeless = callbacksOf(plan)
    .filter(({ status, forgery }) => status === 'succeeded' && forgery === null)
    .filter(({ ends, expected }) => ends.length === 0 && expected.some((each) => each !== 'duplicate'));
  expect(homeless).toEqual([]);
});

test('some answers to deeds are lost by plan, some deeds are repeated after they were done, and both operators act', () => {
  const deeds = deedsOf(plan);
  expect(deeds.some(({ losesAnswerAfterMs }) => losesAnswerAfterMs !== null)).toBe(true);
  expect(deeds.some(({ isRepeated }) => isRepeated)).toBe(true);
  expect(new Set(deeds.map(({ operator }) => operator)).size).toBe(2);
});

test('every database fault has a callback of its own for each replica, and its order is expected to be paid', () => {
  const probes = probesOf(plan);
  expect(probes).toHaveLength(2 * plan.databaseFaults.length);
  expect(new Set(probes.map(({ payment }) => payment.number)).size).toBe(probes.length);
  expect(callbacksOf(plan)).toEqual(expect.arrayContaining(probes.map(({ callback }) => callback)));
  expect(ordersOf(plan)).toEqual(expect.arrayContaining(probes.map(({ order }) => order)));
  expect(probes.map(({ order, payment }) => [order.expected, payment.orderNumber])).toEqual(
    probes.map(({ order }) => [['paid'], order.number]),
  );
});

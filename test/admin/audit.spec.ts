import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { brokenPiece } from '../application/fixtures/scripted-audit.js';
import { type Service, VIEWER, startService } from './service.js';

const DAY_MS = 86_400_000;

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());
beforeEach(() => {
  service.audited.pages.payments = [[]];
  service.audited.periods.length = 0;
});

test('a viewer may audit the money of the last seven days', async () => {
  const { status, body } = await service.call('GET', '/admin/v1/audit', { token: VIEWER });
  expect([status, body]).toMatchObject([200, { pieces: 50, unowned: 0, violations: [] }]);
  const { from, to, checkedAt } = body as Record<string, string>;
  expect(Date.parse(to!) - Date.parse(from!)).toBe(7 * DAY_MS);
  expect(Math.abs(Date.parse(checkedAt!) - Date.now())).toBeLessThan(5_000);
});

test('each violation names the piece of money and what is known of it', async () => {
  const piece = brokenPiece({ violations: ['no_owner', 'ending_not_found'], discrepancyId: '7' });
  service.audited.pages.payments = [[piece]];
  const { body } = await service.call('GET', '/admin/v1/audit');
  const { violations: _, ...named } = piece;
  expect(body).toMatchObject({
    unowned: 1,
    violations: [
      { violation: 'no_owner', ...named },
      { violation: 'ending_not_found', ...named },
    ],
  });
});

test('the first hundred violations are shown, and all broken pieces are counted', async () => {
  service.audited.pages.payments = [Array.from({ length: 120 }, () => brokenPiece())];
  const { body } = await service.call('GET', '/admin/v1/audit');
  expect([body.unowned, body.violations.length]).toEqual([120, 100]);
});

test('the period can be chosen, and is 92 days at most', async () => {
  const audit = (query: string) => service.call('GET', `/admin/v1/audit?${query}`);
  const period = { from: '2026-08-01T00:00:00Z', to: '2026-11-01T00:00:00Z' };
  expect((await audit(new URLSearchParams(period).toString())).body).toMatchObject(period);
  expect(service.audited.periods).toEqual([period]);
  for (const [query, field] of [
    ['from=2026-01-01T00:00:00Z&to=2026-11-01T00:00:00Z', 'from'],
    ['from=2026-01-01T00:00:00Z', 'from'],
    ['from=yesterday', 'from'],
    ['from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z', 'to'],
  ] as const)
    expect(await audit(query)).toMatchObject({ status: 422, body: { errors: [{ field }] } });
  expect(service.audited.periods).toHaveLength(1);
});

test('a period that has not begun is answered 422 with the time now, because nothing of it could be proved', async () => {
  const future = new Date(Date.now() + 60 * DAY_MS).toISOString();
  for (const [query, field] of [
    [`from=${future}`, 'from'],
    [`from=${future}&to=${future}`, 'from'],
    [`to=${future}`, 'to'],
  ] as const) {
    const message = expect.stringMatching(/^names a period that has not begun: it is \d{4}-.*Z now$/);
    expect(await service.call('GET', `/admin/v1/audit?${query}`)).toMatchObject({
      status: 422,
      body: { code: 'invalid', errors: [{ field, message }] },
    });
  }
  expect(service.audited.periods).toEqual([]);
  const tomorrow = new Date(Date.now() + DAY_MS).toISOString();
  expect((await service.call('GET', `/admin/v1/audit?to=${tomorrow}`)).status).toBe(200);
});

test('one audit runs at a time, and the next one begins when it has ended', async () => {
  const { audited } = service;
  const page = audited.page.bind(audited);
  let running = 0;
  let most = 0;
  audited.page = async (walk) => {
    most = Math.max(most, (running += 1));
    const found = await page(walk);
    running -= 1;
    return found;
  };
  const answers = await Promise.all([1, 2, 3].map(() => service.call('GET', '/admin/v1/audit')));
  expect([answers.map(({ status }) => status), most]).toEqual([[200, 200, 200], 1]);
  audited.page = page;
});

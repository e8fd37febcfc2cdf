import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Service, startService } from './service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

test.each([
  ['GET', '/admin/v1/orders', 200],
  ['GET', '/admin/v1/orders/unknown', 404],
  ['GET', '/admin/v1/orders/%zz', 400],
  ['GET', '/nothing', 404],
  ['POST', '/admin/v1/orders', 422],
  ['GET', '/health/live', 200],
  ['GET', '/metrics', 200],
  ['GET', '/docs-json', 200],
  ['POST', '/callbacks/unknown', 404],
])('%s %s is not cached, not framed, and not taken for another type', async (method, path, expected) => {
  const { status, headers } = await service.call(method, path, method === 'POST' ? { body: {} } : {});
  expect(status).toBe(expected);
  expect(Object.fromEntries(headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  });
});

test('no answer says which software has made it', async () => {
  for (const path of ['/docs', '/admin/v1/orders', '/health/live', '/nothing', '/callbacks/x']) {
    const { headers } = await service.call('GET', path);
    expect([headers.get('server'), headers.get('x-powered-by')]).toEqual([null, null]);
  }
});

test('the page of the API cannot be framed, and its policy allows every file that it loads and no script in the page', async () => {
  const page = await service.call('GET', '/docs');
  const policy = page.headers.get('content-security-policy')!;
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(page.headers.get('x-frame-options')).toBe('DENY');
  for (const [, attributes, content] of page.text.matchAll(/<script([^>]*)>([^<]*)<\/script>/g))
    expect([attributes!.includes(' src="./docs/'), content!.trim()]).toEqual([true, '']);
  expect(page.text).not.toMatch(/\son\w+=/i);
  const files = [...page.text.matchAll(/(?:src|href)="(\.\/docs\/[^"]+)"/g)].map(([, file]) => file!);
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) {
    const { status, headers } = await service.call('GET', new URL(file, 'http://x/').pathname);
    expect([file, status, headers.get('x-content-type-options')]).toEqual([file, 200, 'nosniff']);
    expect(headers.get('content-type')).toMatch(/^(?:application\/javascript|text\/css|image\/png)/);
  }
});

import { describe, expect, test } from '@jest/globals';
import { greeting } from '../../src/config/greeting.js';
import { loadConfig } from '../../src/config/load.js';
import { configWarnings, modeLine } from '../../src/config/start-lines.js';
import { weaknessOf } from '../../src/config/weak-token.js';

type Env = Record<string, string>;
const STRIPE = { STRIPE_WEBHOOK_SECRETS: 'whsec_0123456789abcdef0123456789abcdef' };
const TOKENS = { ADMIN_TOKENS: 'ann:operator:f7Kq2mZr9TxW4bLc8VnD' };
const DATABASE = { DATABASE_URL: 'postgres://app:pw@db.example/quittance' };
const warnings = (env: Env): readonly string[] => configWarnings(loadConfig(env), env);

describe('the first line says the mode and why', () => {
  test.each<[string, Env, string]>([
    ['nothing is set', {}, 'development mode: NODE_ENV is not set'],
    ['it is asked for', { NODE_ENV: 'development' }, 'development mode: NODE_ENV=development'],
    [
      'production is asked for',
      { NODE_ENV: 'production', ...DATABASE, ...TOKENS, ...STRIPE },
      'production mode: NODE_ENV=production',
    ],
    [
      'HOST is beyond loopback',
      { HOST: '0.0.0.0', ...DATABASE, ...TOKENS, ...STRIPE },
      'development mode: NODE_ENV is not set; the rules of production apply, because HOST is not a loopback address',
    ],
    [
      'DATABASE_URL is beyond this machine',
      { ...DATABASE, ...TOKENS, ...STRIPE },
      'development mode: NODE_ENV is not set; the rules of production apply, because DATABASE_URL points beyond this machine',
    ],
  ])('where %s', (_, env, line) => {
    expect(modeLine(loadConfig(env), env)).toBe(line);
  });
});

describe('a warning', () => {
  test('says that NODE_ENV is not set where tokens or the variables of a gateway are, and the start goes on', () => {
    expect(warnings(TOKENS)).toEqual([
      'development mode: NODE_ENV is not set, although ADMIN_TOKENS is set. In production set NODE_ENV=production.',
    ]);
    expect(warnings({ ...TOKENS, ...STRIPE })).toEqual([
      expect.stringContaining('although ADMIN_TOKENS and STRIPE_WEBHOOK_SECRETS are set'),
    ]);
    expect(warnings({ NODE_ENV: 'development', ...TOKENS })).toEqual([]);
    expect(warnings({})).toEqual([]);
  });

  test.each([
    ['STRIPE_WEBHOOK_SECRET', 'did you mean STRIPE_WEBHOOK_SECRETS?'],
    ['ADMIN_TOKEN', 'did you mean ADMIN_TOKENS?'],
    ['ADMIN_TOKEN_FILE', 'did you mean ADMIN_TOKENS_FILE?'],
    ['DATABASE_URI', 'did you mean DATABASE_URL?'],
    ['database_url', 'did you mean DATABASE_URL?'],
    ['PORT_FILE', 'did you mean PORT?'],
    ['QUITTANCE_PORT', 'did you mean PORT?'],
    ['QUITTANCE_MODE', 'its variables have no such prefix'],
    [
      'STRIPE_API_KEY',
      'did you mean STRIPE_WEBHOOK_SECRETS or STRIPE_WEBHOOK_SECRETS_FILE or STRIPE_LIVEMODE?',
    ],
    ['WECHAT_PAY_SERIAL', 'WECHAT_PAY_PLATFORM_KEYS'],
    ['STANDARD_WEBHOOKS_KEY', 'STANDARD_WEBHOOKS_SECRETS'],
  ])('says that %s has no effect: %s', (name, hint) => {
    const [warning, ...others] = warnings({ NODE_ENV: 'development', [name]: 'value-9f3c' });
    expect(warning).toMatch(
      new RegExp(`^${name} is set, but it is not a variable of this service and has no effect: `),
    );
    expect(warning).toContain(hint);
    expect(warning).not.toContain('9f3c');
    expect(others).toEqual([]);
  });

  test('is also given where the rules of production apply, and does not refuse the start', () => {
    const env = { NODE_ENV: 'production', ...DATABASE, ...TOKENS, ...STRIPE, ADMIN_TOKEN: 'x' };
    expect(warnings(env)).toEqual([expect.stringContaining('ADMIN_TOKEN is set')]);
  });

  test('is not given for variables of other programs, or that Kubernetes makes for a service of our name', () => {
    const others = {
      PATH: '/bin',
      HOME: '/root',
      HOSTNAME: 'web-1',
      POST: 'x',
      NODE_OPTIONS: '--x',
      DATABASE_NAME: 'x',
      LOG_DIR: '/var/log',
      QUITTANCE_SERVICE_HOST: '10.0.0.1',
      QUITTANCE_SERVICE_PORT_HTTP: '80',
      QUITTANCE_PORT: 'tcp://10.0.0.1:80',
      QUITTANCE_PORT_80_TCP_ADDR: '10.0.0.1',
      STRIPE_MOCK_SERVICE_HOST: '10.0.0.2',
    };
    expect(warnings({ ...others, NODE_ENV: 'development' })).toEqual([]);
  });
});

describe('a token that other machines can try', () => {
  test.each([
    ['dev-token', 'has fewer than 16 characters'],
    ['fifteen-letters', 'has fewer than 16 characters'],
    ['aaaaaaaaaaaaaaaa', 'has fewer than 6 different characters'],
    ['1212121212121212', 'has fewer than 6 different characters'],
    ['abc123xyzabc123xyz', 'repeats one pattern'],
    ['dev-tokendev-token', 'repeats one pattern'],
    ['0123456789abcdef', 'is a sequence such as abcdef or 123456'],
    ['zyxwvutsrqponmlk', 'is a sequence such as abcdef or 123456'],
    ['change-me-password', 'is made of well-known words'],
    ['admin-secret-token-1234', 'is made of well-known words'],
  ])('is refused where it is like %s: it %s', (token, weakness) => {
    expect(weaknessOf(token)).toBe(weakness);
  });

  test.each([
    'f7Kq2mZr9TxW4bLc8VnD',
    'kGzQ0v7JmY4eN1xRbT8sHc2w',
    '4f1c9a7e2b8d6053a1e7c4d9',
    'correct-horse-battery-staple',
    'sk/+a9Vb31Qe0Zx7Lm==',
  ])('is taken where it is like %s', (token) => {
    expect(weaknessOf(token)).toBeNull();
  });
});

describe('the greeting', () => {
  const greet = (env: Env, urls = { url: 'http://127.0.0.1:3000', adminUrl: 'http://127.0.0.1:3000' }) =>
    greeting({ ...loadConfig(env), databaseUrl: 'postgres://127.0.0.1:5432/x' }, urls, '1.2.3');

  test('says the version, and the command that plays a gateway', () => {
    const { ready, advice } = greet({});
    expect(ready).toMatch(
      /^Quittance is ready at http:\/\/127\.0\.0\.1:3000 and takes callbacks at .* \(version 1\.2\.3\)\.$/,
    );
    expect(advice).toContain('  Pay an order   npm run sandbox -- pay standard-webhooks\n');
    expect(advice).toContain('its admin token is "dev-token"');
  });

  test('repeats in the command each variable that the sandbox needs and that is not the default', () => {
    const env = {
      PORT: '4000',
      HOST: '::1',
      ADMIN_PORT: '0',
      ADMIN_HOST: '127.0.0.1',
      DATA_DIR: "/x y's",
      ...TOKENS,
    };
    const { ready, advice } = greet(env, { url: 'http://[::1]:4000', adminUrl: 'http://127.0.0.1:4001' });
    expect(ready).toContain(
      'its admin API at http://127.0.0.1:4001, and takes callbacks at http://[::1]:4000/callbacks/',
    );
    expect(advice).toContain(
      `PORT=4000 HOST=::1 ADMIN_PORT=4001 ADMIN_HOST=127.0.0.1 DATA_DIR='/x y'\\''s' ADMIN_TOKENS=… npm run sandbox -- pay`,
    );
    expect(advice).toContain('http://127.0.0.1:4001/docs');
    expect(advice).not.toContain('f7Kq2m');
  });

  test('names a gateway that has development keys', () => {
    const secret = { STANDARD_WEBHOOKS_SECRETS: `whsec_${Buffer.alloc(32, 7).toString('base64')}` };
    expect(greet(secret).advice).toContain('npm run sandbox -- pay stripe\n');
  });
});

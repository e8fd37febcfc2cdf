import { describe, expect, test } from '@jest/globals';
import { GATEWAYS } from '../../src/adapters/gateways/registry.js';
import { greeting } from '../../src/config/greeting.js';
import { loadConfig } from '../../src/config/load.js';
import { configWarnings, modeLine } from '../../src/config/start-lines.js';

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
  test('says what development mode does where tokens or the variables of a gateway are set without NODE_ENV, and repeats nothing of the first line', () => {
    expect(warnings(TOKENS)).toEqual([
      'ADMIN_TOKENS is set, as in production. If this is production, set NODE_ENV=production: until then the service ' +
        'stores its data in an embedded PostgreSQL, migrates its database when it starts, and takes callbacks of ' +
        `${GATEWAYS.map(({ name }) => name).join(', ')} that are signed with development keys.`,
    ]);
    const [warning, ...others] = warnings({ ...TOKENS, ...STRIPE, ...DATABASE });
    expect(warning).toBe(
      'ADMIN_TOKENS and STRIPE_WEBHOOK_SECRETS are set, as in production. If this is production, set NODE_ENV=production: ' +
        'until then the service migrates its database when it starts.',
    );
    expect(others).toEqual([]);
    expect(warning).not.toContain('NODE_ENV is not set');
    expect(warnings({ NODE_ENV: 'development', ...TOKENS })).toEqual([]);
    expect(warnings({})).toEqual([]);
  });

  test('says that there is no token of an operator, and what nobody can do', () => {
    const viewers = { ADMIN_TOKENS: 'ann:viewer:f7Kq2mZr9TxW4bLc8VnD,bob:viewer:kGzQ0v7JmY4eN1xRbT8sHc2w' };
    const production = { NODE_ENV: 'production', ...DATABASE, ...STRIPE };
    expect(warnings({ ...production, ...viewers })).toEqual([
      expect.stringMatching(
        /^ADMIN_TOKENS has no token of an operator: nobody can place an order, .* end a case/,
      ),
    ]);
    const withOperator = `${viewers.ADMIN_TOKENS},eve:operator:Xv3mQ9sK7pBw2LrT5dYh`;
    expect(warnings({ ...production, ADMIN_TOKENS: withOperator })).toEqual([]);
  });

  test.each([
    ['STRIPE_WEBHOOK_SECRET', 'did you mean STRIPE_WEBHOOK_SECRETS?'],
    ['ADMIN_TOKEN', 'did you mean ADMIN_TOKENS?'],
    ['ADMIN_TOKEN_FILE', 'did you mean ADMIN_TOKENS_FILE?'],
    ['DATABASE_URI', 'did you mean DATABASE_URL?'],
    ['database_url', 'did you mean DATABASE_URL?'],
    ['TRUSTED_PROXY', 'did you mean TRUST_PROXY?'],
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

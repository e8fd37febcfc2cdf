import { beforeAll, describe, expect, test } from '@jest/globals';
import { X509Certificate, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GATEWAYS } from '../../src/adapters/gateways/registry.js';
import { type Config, ConfigError, loadConfig } from '../../src/config/load.js';

const STRIPE = { STRIPE_WEBHOOK_SECRETS: 'whsec_0123456789abcdef0123456789abcdef' };
const TOKENS = { ADMIN_TOKENS: 'ann:operator:f7Kq2mZr9TxW4bLc8VnD,bob:viewer:kGzQ0v7JmY4eN1xRbT8sHc2w' };
const DATABASE = { DATABASE_URL: 'postgres://app:pw@db.example/quittance' };
const PRODUCTION = { NODE_ENV: 'production', ...DATABASE, ...TOKENS, ...STRIPE };

const CERTIFICATE = readFileSync('test/gateways/fixtures/platform-certificate.pem', 'utf8');
const SERIAL = new X509Certificate(CERTIFICATE).serialNumber;

const files = new Map<string, string>();

function load(env: Record<string, string>): Config {
  const readFile = (path: string): string => {
    const text = files.get(path);
    if (text === undefined) throw new Error('no such file');
    return text;
  };
  return loadConfig(env, { readFile });
}

function faults(env: Record<string, string>): readonly string[] {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

function whsec(bytes: number): string {
  return `whsec_${Buffer.alloc(bytes, bytes).toString('base64')}`;
}

beforeAll(() => {
  const spki = { type: 'spki', format: 'pem' } as const;
  const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
  const rsa = (modulusLength: number) =>
    generateKeyPairSync('rsa', { modulusLength, publicKeyEncoding: spki, privateKeyEncoding: pkcs8 });
  const good = rsa(2048);
  const ec = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: spki,
    privateKeyEncoding: pkcs8,
  });
  files.set('good.pem', good.publicKey);
  files.set('other.pem', rsa(2048).publicKey);
  files.set('private.pem', good.privateKey);
  files.set('short.pem', rsa(1024).publicKey);
  files.set('ec.pem', ec.publicKey);
  files.set('text.pem', 'not a key');
  files.set('certificate.pem', CERTIFICATE);
});

describe('without any variable', () => {
  test('the service is configured for one developer on this machine', () => {
    expect(load({})).toMatchObject({
      mode: 'development',
      strict: false,
      host: '127.0.0.1',
      port: 3000,
      adminPort: null,
      adminHost: '127.0.0.1',
      databaseUrl: null,
      databasePoolSize: 10,
      dataDir: `${process.cwd()}/.data`,
      adminTokens: [{ name: 'dev', role: 'operator', token: 'dev-token' }],
      usesDevelopmentToken: true,
      logLevel: 'info',
      paymentTtlSeconds: 1800,
      expiryJudgedBy: 'received_at',
      cancelUnpaidOrders: false,
      callbackBodyDays: 90,
      trustProxy: false,
      gateways: {},
      developmentGateways: GATEWAYS.map(({ name }) => name),
    });
  });

  test('a variable that is set to the empty text counts as unset', () => {
    const empty = {
      PORT: '',
      DATABASE_URL: '',
      ADMIN_TOKENS: '',
      STRIPE_LIVEMODE: '',
      NODE_ENV: '',
      TRUST_PROXY: '',
    };
    expect(load(empty)).toEqual(load({}));
  });

  test('the configuration cannot be changed, however deep', () => {
    const config = load({ ...STRIPE });
    expect(() => Object.assign(config, { strict: true })).toThrow(TypeError);
    expect(() => Object.assign(config.adminTokens[0]!, { role: 'viewer' })).toThrow(TypeError);
    const { secrets } = config.gateways['stripe'] as { secrets: string[] };
    expect(() => secrets.push('more')).toThrow(TypeError);
  });
});

describe('faults', () => {
  const WRONG = {
    NODE_ENV: 'staging-9f3c',
    HOST: 'not a host 9f3c',
    PORT: '70000',
    ADMIN_PORT: '9f3c',
    ADMIN_HOST: 'no host 9f3c',
    DATABASE_URL: 'mysql://9f3c',
    DATABASE_POOL_SIZE: '3',
    ADMIN_TOKENS: 'ann:admin:9f3c',
    LOG_LEVEL: 'loud-9f3c',
    LOG_FORMAT: 'xml-9f3c',
    PAYMENT_TTL_SECONDS: '9f3c',
    EXPIRY_JUDGED_BY: 'mood-9f3c',
    CANCEL_UNPAID_ORDERS: 'maybe-9f3c',
    CALLBACK_BODY_DAYS: '9f3c',
    TRUST_PROXY: 'everybody-9f3c',
    STRIPE_WEBHOOK_SECRETS: 'sk_live_9f3c',
    STRIPE_LIVEMODE: 'perhaps-9f3c',
    WECHAT_PAY_MERCHANT_ID: '9f3c 1',
    WECHAT_PAY_APP_ID: '9f3c/1',
    WECHAT_PAY_API_V3_KEY: '9f3c',
    WECHAT_PAY_PLATFORM_KEYS: 'A1=missing-9f3c.pem',
    ALIPAY_APP_ID: '9f3c 2',
    ALIPAY_SELLER_ID: '9f3c 3',
    ALIPAY_PUBLIC_KEYS: 'missing-9f3c.pem',
    STANDARD_WEBHOOKS_SECRETS: 'whsec_9f3c',
    EVENTS_NATS_URL: 'http://9f3c',
    EVENTS_NATS_STREAM: 'a stream 9f3c',
    WEBHOOK_ALLOW_PRIVATE_TARGETS: '9f3c',
  };

  test('all faults are reported at once, each with the name of its variable', () => {
    const found = faults(WRONG);
    for (const name of Object.keys(WRONG)) {
      expect(found.filter((fault) => fault.startsWith(`${name} `)).length).toBeGreaterThan(0);
    }
  });

  test('an address that is none is a fault, and a variable that is missing may be set under a similar name', () => {
    expect(faults({ HOST: '300.1.2.3' })).toContain('HOST must be an IP address or a host name');
    const misspelt = faults({ NODE_ENV: 'production', STRIPE_WEBHOOK_SECRET: 'whsec_9f3c' });
    expect(misspelt.at(-1)).toMatch(/^STRIPE_WEBHOOK_SECRET is set, .*did you mean STRIPE_WEBHOOK_SECRETS/);
  });

  test('no fault contains a value', () => {
    expect(() => load(WRONG)).toThrow(ConfigError);
    expect(faults(WRONG).join('\n')).not.toContain('9f3c');
  });

  test.each([
    ['PORT', '-1'],
    ['PORT', '3000.5'],
    ['PORT', '1e3'],
    ['PORT', ' 3000'],
    ['DATABASE_POOL_SIZE', '101'],
    ['PAYMENT_TTL_SECONDS', '0'],
    ['CANCEL_UNPAID_ORDERS', '1'],
    ['CALLBACK_BODY_DAYS', '0'],
    ['CALLBACK_BODY_DAYS', '3651'],
    ['TRUST_PROXY', '10.0.0.0/0'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '10.0.0.1,proxy.example'],
    ['DATABASE_URL', 'db.example:5432'],
    ['ADMIN_TOKENS', ','],
    ['ADMIN_TOKENS', 'ann:operator'],
    ['ADMIN_TOKENS', 'ann:operator:a token'],
    ['ADMIN_TOKENS', 'ann:operator:token-1,ann:viewer:token-2'],
    ['ADMIN_TOKENS', 'ann:operator:token-1,bob:viewer:token-1'],
    ['STRIPE_WEBHOOK_SECRETS', `${STRIPE.STRIPE_WEBHOOK_SECRETS},${STRIPE.STRIPE_WEBHOOK_SECRETS}`],
    ['STANDARD_WEBHOOKS_SECRETS', whsec(23)],
    ['STANDARD_WEBHOOKS_SECRETS', whsec(65)],
    ['STANDARD_WEBHOOKS_SECRETS', `${whsec(32)}!`],
  ])('%s cannot be %j', (name, value) => {
    expect(faults({ [name]: value })).toEqual([expect.stringContaining(name)]);
  });
});

test('an entry of ADMIN_TOKENS that is no token hides neither another one nor a weak token', () => {
  const found = faults({ ...PRODUCTION, ADMIN_TOKENS: 'ann,bob:viewer:aaaaaaaaaaaaaaaa,eve:admin:x' });
  expect(found).toEqual([
    expect.stringMatching(/^ADMIN_TOKENS is a comma list whose entry 1 must be .*, and entry 3 must be /),
    expect.stringMatching(
      /^ADMIN_TOKENS needs tokens that nobody can guess in production, and that of entry 2 /,
    ),
  ]);
});

describe('a variable that is set', () => {
  test('reaches the configuration', () => {
    const env = {
      PORT: '0',
      HOST: '::1',
      DATABASE_URL: 'postgres://me@localhost:5433/mine',
      DATABASE_POOL_SIZE: '20',
      ADMIN_TOKENS: 'ann:operator:to:ken, bob:viewer:other ,',
      LOG_LEVEL: 'debug',
      LOG_FORMAT: 'json',
      PAYMENT_TTL_SECONDS: '60',
      EXPIRY_JUDGED_BY: 'paid_at',
      CANCEL_UNPAID_ORDERS: 'true',
      CALLBACK_BODY_DAYS: '7',
    };
    expect(load(env)).toMatchObject({
      strict: false,
      port: 0,
      host: '::1',
      databaseUrl: env.DATABASE_URL,
      databasePoolSize: 20,
      cancelUnpaidOrders: true,
      callbackBodyDays: 7,
      adminTokens: [
        { name: 'ann', role: 'operator', token: 'to:ken' },
        { name: 'bob', role: 'viewer', token: 'other' },
      ],
      usesDevelopmentToken: false,
      logLevel: 'debug',
      logFormat: 'json',
      paymentTtlSeconds: 60,
      expiryJudgedBy: 'paid_at',
    });
  });

  test('ADMIN_PORT listens on HOST, or on ADMIN_HOST where that is set', () => {
    expect(load({ ADMIN_PORT: '9000', HOST: '::1' })).toMatchObject({ adminPort: 9000, adminHost: '::1' });
    expect(load({ ADMIN_PORT: '3000', ADMIN_HOST: '127.0.0.2' })).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      adminPort: 3000,
      adminHost: '127.0.0.2',
    });
  });

  test('an admin address that is not separate from that of the callbacks is a fault', () => {
    expect(faults({ ADMIN_HOST: '127.0.0.2' })).toEqual(['ADMIN_HOST is set, but ADMIN_PORT is missing']);
    expect(faults({ ADMIN_PORT: '3000' })).toEqual([
      'ADMIN_PORT must differ from PORT, or ADMIN_HOST from HOST',
    ]);
    expect(faults({ ADMIN_PORT: '0', PORT: '0' })).toEqual([]);
  });

  test('TRUST_PROXY is a number of hops or a list of networks', () => {
    expect(load({ TRUST_PROXY: '2' }).trustProxy).toBe(2);
    expect(load({ TRUST_PROXY: '0' }).trustProxy).toBe(false);
    expect(load({ TRUST_PROXY: '10.0.0.0/8, ::1,fd00::/8' }).trustProxy).toEqual([
      '10.0.0.0/8',
      '::1',
      'fd00::/8',
    ]);
  });
});

describe('secrets in files', () => {
  test('NAME_FILE is read, and the line break at its end is not part of the secret', () => {
    files.set('/run/tokens', 'ann:operator:from-a-file\n');
    files.set('/run/key', `${'k'.repeat(32)}\r\n`);
    files.set('/run/url', 'postgres://me@127.0.0.1/mine');
    const config = load({
      ADMIN_TOKENS_FILE: '/run/tokens',
      DATABASE_URL_FILE: '/run/url',
      WECHAT_PAY_API_V3_KEY_FILE: '/run/key',
      WECHAT_PAY_MERCHANT_ID: '1900000001',
      WECHAT_PAY_APP_ID: 'wx1',
      WECHAT_PAY_PLATFORM_KEYS: 'A1=good.pem',
    });
    expect(config.adminTokens).toEqual([{ name: 'ann', role: 'operator', token: 'from-a-file' }]);
    expect(config.databaseUrl).toBe('postgres://me@127.0.0.1/mine');
    expect(config.gateways['wechat-pay']).toMatchObject({ apiV3Key: 'k'.repeat(32) });
  });

  test('a secret that is given both ways is a fault', () => {
    files.set('/run/both', 'ann:operator:from-a-file');
    expect(faults({ ...TOKENS, ADMIN_TOKENS_FILE: '/run/both' })).toEqual([
      'ADMIN_TOKENS and ADMIN_TOKENS_FILE are both set',
    ]);
  });

  test('a file that is missing or empty is a fault, and its gateway is not silently off', () => {
    files.set('/run/empty', '\n');
    const found = faults({
      STRIPE_WEBHOOK_SECRETS_FILE: '/run/empty',
      STANDARD_WEBHOOKS_SECRETS_FILE: '/run/missing',
    });
    expect(found).toEqual([
      'STRIPE_WEBHOOK_SECRETS_FILE names a file that is empty',
      'STANDARD_WEBHOOKS_SECRETS_FILE names a file that cannot be read',
    ]);
  });
});

describe('gateways', () => {
  const ALIPAY = { ALIPAY_APP_ID: '2021', ALIPAY_SELLER_ID: '2088' };
  const WECHAT_PAY = {
    WECHAT_PAY_MERCHANT_ID: '1900000001',
    WECHAT_PAY_APP_ID: 'wx1',
    WECHAT_PAY_API_V3_KEY: '0123456789abcdef0123456789abcdef',
  };

  test('a gateway whose variables are set uses them, and the others are left to development keys', () => {
    const secrets = [whsec(24), whsec(64)];
    const config = load({ STANDARD_WEBHOOKS_SECRETS: secrets.join(',') });
    expect(config.gateways).toEqual({ 'standard-webhooks': { secrets } });
    const others = GATEWAYS.map(({ name }) => name).filter((name) => name !== 'standard-webhooks');
    expect(config.developmentGateways).toEqual(others);
  });

  test('key files are read, several for each gateway', () => {
    const config = load({
      ...ALIPAY,
      ...WECHAT_PAY,
      ALIPAY_PUBLIC_KEYS: 'good.pem,other.pem',
      WECHAT_PAY_PLATFORM_KEYS: '5157F09EFDC0=good.pem, PUB_KEY_ID_0119=other.pem',
    });
    expect(config.gateways['alipay']).toEqual({
      appIds: ['2021'],
      sellerId: '2088',
      publicKeys: [files.get('good.pem'), files.get('other.pem')],
    });
    expect(config.gateways['wechat-pay']).toEqual({
      merchantId: '1900000001',
      appIds: ['wx1'],
      apiV3Key: WECHAT_PAY.WECHAT_PAY_API_V3_KEY,
      platformKeys: [
        { serial: '5157F09EFDC0', pem: files.get('good.pem') },
        { serial: 'PUB_KEY_ID_0119', pem: files.get('other.pem') },
      ],
    });
  });

  test.each([
    ['good.pem,private.pem', 'entry 2 names a file that contains a private key'],
    ['text.pem', 'entry 1 names a file that is not a PEM public key'],
    ['short.pem', 'fewer than 2048 bits'],
    ['ec.pem', 'a key that is not RSA'],
    ['missing.pem', 'cannot be read'],
    ['good.pem,good.pem', 'contains the same key twice'],
    [',', 'at least one entry'],
  ])('the public keys %j are a fault: %s', (paths, fault) => {
    const found = faults({ ...ALIPAY, ALIPAY_PUBLIC_KEYS: paths });
    expect(found).toEqual([expect.stringMatching(/^ALIPAY_PUBLIC_KEYS /)]);
    expect(found[0]).toContain(fault);
  });

  test.each(['good.pem', '=good.pem', 'A1=good.pem,A1=other.pem', 'A1='])(
    'the platform keys %j are a fault',
    (keys) => {
      expect(faults({ ...WECHAT_PAY, WECHAT_PAY_PLATFORM_KEYS: keys })).toHaveLength(1);
    },
  );

  test('the apps of a merchant are a list, in which none is named twice', () => {
    const wechat = { ...WECHAT_PAY, WECHAT_PAY_APP_ID: 'wx1, wx2', WECHAT_PAY_PLATFORM_KEYS: 'A1=good.pem' };
    const alipay = { ...ALIPAY, ALIPAY_APP_ID: '2021,2022', ALIPAY_PUBLIC_KEYS: 'good.pem' };
    const { gateways } = load({ ...wechat, ...alipay });
    expect(gateways['wechat-pay']).toMatchObject({ appIds: ['wx1', 'wx2'] });
    expect(gateways['alipay']).toMatchObject({ appIds: ['2021', '2022'] });
    expect(faults({ ...wechat, ...alipay, WECHAT_PAY_APP_ID: 'wx1,wx1', ALIPAY_APP_ID: '20 21' })).toEqual([
      'WECHAT_PAY_APP_ID contains the same app id twice',
      'ALIPAY_APP_ID is a comma list whose entry 1 must be 1 to 64 letters, digits, dots, hyphens or underscores',
    ]);
  });

  describe('the serial of a platform key', () => {
    const DECIMAL = BigInt(`0x${SERIAL}`).toString();
    const serialsOf = (keys: string) => {
      const { gateways } = load({ ...WECHAT_PAY, WECHAT_PAY_PLATFORM_KEYS: keys });
      return (gateways['wechat-pay'] as { platformKeys: { serial: string }[] }).platformKeys[0]!.serial;
    };

    test.each([
      ["as the certificate's own", `${SERIAL}=certificate.pem`, SERIAL],
      ['in small letters', `${SERIAL.toLowerCase()}=certificate.pem`, SERIAL],
      ['in decimal form', `${DECIMAL}=certificate.pem`, SERIAL],
      ['in small letters beside a public key', '5157f09efdc0=good.pem', '5157F09EFDC0'],
      ['of a public key in small letters', 'pub_key_id_0119=good.pem', 'PUB_KEY_ID_0119'],
    ])('%s becomes the form that WeChat Pay sends', (_, keys, serial) => {
      expect(serialsOf(keys)).toBe(serial);
    });

    test.each([
      ['of another certificate', '5157F09EFDC0=certificate.pem', `${SERIAL} is expected`],
      ['of a public key, beside a certificate', 'PUB_KEY_ID_0119=certificate.pem', `${SERIAL} is expected`],
      ['in decimal form, beside a public key', `${DECIMAL}=good.pem`, 'the hexadecimal form is expected'],
    ])('%s is a fault that names what is expected', (_, keys, expected) => {
      const found = faults({ ...WECHAT_PAY, WECHAT_PAY_PLATFORM_KEYS: keys });
      expect(found).toEqual([
        expect.stringMatching(/^WECHAT_PAY_PLATFORM_KEYS is a comma list whose entry 1 has a serial/),
      ]);
      expect(found[0]).toContain(expected);
    });
  });

  test('a gateway that is half set is a fault, which names what is missing', () => {
    const missing = (env: Record<string, string>) =>
      faults(env).map((fault) => fault.replace(/ is missing.*/, ''));
    expect(missing({ STRIPE_LIVEMODE: 'true' })).toEqual(['STRIPE_WEBHOOK_SECRETS']);
    expect(missing({ ALIPAY_SELLER_ID: '2088' })).toEqual(['ALIPAY_APP_ID', 'ALIPAY_PUBLIC_KEYS']);
    expect(missing(WECHAT_PAY)).toEqual(['WECHAT_PAY_PLATFORM_KEYS']);
  });

  test('Stripe is live where the rules of production apply and not elsewhere, unless STRIPE_LIVEMODE is set', () => {
    const stripe = (env: Record<string, string>) => load(env).gateways['stripe'];
    expect(stripe(PRODUCTION)).toMatchObject({ livemode: true });
    expect(stripe({ ...PRODUCTION, STRIPE_LIVEMODE: 'false' })).toMatchObject({ livemode: false });
    expect(stripe({ ...PRODUCTION, NODE_ENV: 'development' })).toMatchObject({ livemode: true });
    expect(stripe(STRIPE)).toMatchObject({ livemode: false });
    expect(stripe({ ...STRIPE, STRIPE_LIVEMODE: 'true' })).toMatchObject({ livemode: true });
  });
});

describe('where other machines can reach the service or its data', () => {
  test('production starts with a database, a token and a gateway, and uses no development key', () => {
    expect(load(PRODUCTION)).toMatchObject({
      mode: 'production',
      strict: true,
      usesDevelopmentToken: false,
      developmentGateways: [],
    });
  });

  test('production without them reports everything that is missing', () => {
    expect(faults({ NODE_ENV: 'production' })).toEqual([
      'DATABASE_URL is required in production',
      'ADMIN_TOKENS is required in production',
      'the variables of at least one gateway are required in production',
    ]);
  });

  test('a short token is a fault that says how to make a better one', () => {
    const tokens = 'ann:operator:f7Kq2mZr9TxW4bLc8VnD,bob:viewer:fifteen-letters';
    expect(faults({ ...PRODUCTION, ADMIN_TOKENS: tokens })).toEqual([
      'ADMIN_TOKENS needs tokens that nobody can guess in production, and that of entry 2 has fewer than 16 characters: make a new one with: openssl rand -base64 24',
    ]);
  });

  test.each(['0.0.0.0', '::', '192.168.1.5', 'quittance.example', '::ffff:10.0.0.1'])(
    'HOST %s requires as much as production, but migrates as development does',
    (host) => {
      expect(faults({ HOST: host })).toHaveLength(3);
      expect(load({ ...PRODUCTION, NODE_ENV: 'development', HOST: host })).toMatchObject({
        mode: 'development',
        strict: true,
        developmentGateways: [],
      });
    },
  );

  test('ADMIN_HOST beyond this machine requires as much as production', () => {
    expect(faults({ ADMIN_PORT: '9000', ADMIN_HOST: '0.0.0.0' })).toEqual([
      'DATABASE_URL is required where ADMIN_HOST is not a loopback address',
      'ADMIN_TOKENS is required where ADMIN_HOST is not a loopback address',
      'the variables of at least one gateway are required where ADMIN_HOST is not a loopback address',
    ]);
  });

  test.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost', '::ffff:127.0.0.1'])(
    'HOST %s is this machine',
    (host) => {
      expect(load({ HOST: host }).strict).toBe(false);
    },
  );

  test.each([
    'postgres://db.example/quittance',
    'postgresql://10.0.0.7:5432/quittance',
    'postgres://localhost/quittance?host=db.example',
    'postgres://localhost.example/quittance',
  ])('a database beyond this machine, %s, requires as much as production', (url) => {
    expect(faults({ DATABASE_URL: url })).toEqual([
      'ADMIN_TOKENS is required where DATABASE_URL points beyond this machine',
      expect.stringContaining('at least one gateway'),
    ]);
  });

  test.each([
    'postgres://localhost/quittance',
    'postgres://me:pw@[::1]:5433/quittance',
    'postgresql://127.0.0.1/quittance',
    'postgres:///quittance?host=/var/run/postgresql',
    'postgres://%2Fvar%2Frun%2Fpostgresql/quittance',
  ])('a database on this machine, %s, does not require as much', (url) => {
    expect(load({ DATABASE_URL: url }).strict).toBe(false);
  });
});

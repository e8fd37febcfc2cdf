import { expect, test } from '@jest/globals';
import { Client } from 'pg';
import { databaseUrl } from '../../src/config/database-url.js';

const parse = (url: string) => databaseUrl.parse(url, String) as { value?: string; fault?: string };

test.each(['a#b', 'a/b', 'a?b', 'a%b', '12#34', '12/34', '12?34', '%', '50%', 'a%zz', '%ff'])(
  'the password %s is refused, and the fault says how to write it',
  (password) => {
    const { fault } = parse(`postgres://user:${password}@db.example:5432/quittance`);
    expect(fault).toContain('percent-encoded: write # as %23, / as %2F');
  },
);

test.each(['a#b', 'a/b', 'a?b', 'a%b', 'a@b', 'a:b', 'a b', 'p#s/w%@'])(
  'the password %s reaches the server when it is percent-encoded',
  (password) => {
    const { value } = parse(`postgres://user:${encodeURIComponent(password)}@db.example/quittance`);
    const { host, user, password: read } = new Client({ connectionString: value });
    expect({ host, user, read }).toEqual({ host: 'db.example', user: 'user', read: password });
  },
);

test.each(['a@b', 'a:b', 'a b'])(
  'the password %s reaches the server as it is, because it has no second meaning',
  (password) => {
    const { value } = parse(`postgres://user:${password}@db.example/quittance`);
    const { host, password: read } = new Client({ connectionString: value });
    expect({ host, read }).toEqual({ host: 'db.example', read: password });
  },
);

test.each([
  ['mysql://user:pw@db.example/quittance', 'it begins with another scheme, or with none'],
  ['jdbc:postgresql://db.example/quittance', 'it begins with another scheme'],
  [
    'postgres://',
    'has neither a host nor a database: write it as in postgres://user:password@host:5432/quittance',
  ],
  ['postgresql:///', 'has neither a host nor a database'],
  ['postgres:///?sslmode=disable', 'has neither a host nor a database'],
  ['db.example:5432', 'it begins with another scheme, or with none'],
  ['postgres://user:pw@db.example:99999/quittance', 'must be a postgres:// URL'],
  ['postgres://user:pw@db.example:0/quittance', 'must have a port from 1 to 65535'],
  [
    'postgres://user:pw@db.example/quittance?sslrootcert=/no/such.pem',
    'names a file with sslrootcert, sslcert or sslkey that cannot be read',
  ],
])('%s is refused: %s', (url, fault) => {
  expect(parse(url).fault).toContain(fault);
});

test.each([
  'postgres:///quittance?host=/var/run/postgresql&user=me@corp',
  'postgres://%2Fvar%2Frun%2Fpostgresql/quittance',
  'postgres://me@[::1]:5433/quittance',
  'postgresql://db.example',
])('%s is taken as it is', (url) => {
  expect(parse(url)).toEqual({ value: url });
});

test('a mode of TLS that the driver takes for verify-full is named so, and one that is asked for by name stays', () => {
  const withMode = (mode: string) => `postgres://me@db.example/quittance?sslmode=${mode}&application_name=x`;
  for (const mode of ['prefer', 'require', 'verify-ca'])
    expect(parse(withMode(mode))).toEqual({ value: withMode('verify-full') });
  expect(parse(withMode('disable'))).toEqual({ value: withMode('disable') });
  const compatible = `${withMode('require')}&uselibpqcompat=true`;
  expect(parse(compatible)).toEqual({ value: compatible });
});

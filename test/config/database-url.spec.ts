import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { databaseUrl } from '../../src/config/database-url.js';
import { CERTIFICATE, CERTIFICATE_KEY } from '../fixtures/tls-certificate.js';

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
  // What node --env-file leaves of postgres://user:pa#ss@db.example/quittance.
  ['postgres://user:pa', 'or the value was cut off at a #: write %23 for it'],
  ['postgres://user:pw@db.example:0/quittance', 'must have a port from 1 to 65535'],
  [
    'postgres://user:pw@db.example/quittance?sslrootcert=/no/such.pem',
    'has a parameter sslrootcert that names a file that does not exist',
  ],
  [
    'postgres://db.example/quittance?sslcert=/no/such.pem',
    'a parameter sslcert that names a file that does not exist',
  ],
  ['postgres://db.example/quittance?sslkey=/tmp', 'has a parameter sslkey that names a folder, not a file'],
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

test.each(['verifyfull', 'Verify-Full', 'allow', 'true', ''])(
  'the unknown sslmode "%s" is refused',
  (mode) => {
    const fault =
      'has an unknown sslmode: it must be disable, no-verify, prefer, require, verify-ca or verify-full';
    expect(parse(`postgres://me@db.example/quittance?sslmode=${mode}`)).toEqual({ fault });
  },
);

test.each([
  ['ssl_mode=verify-full', 'sslmode'],
  ['sslMode=verify-full', 'sslmode'],
  ['sllmode=verify-full', 'sslmode'],
  ['application_name=x&ssl-root-cert=/etc/ca.pem', 'sslrootcert'],
  ['sslrootcrt=/etc/ca.pem', 'sslrootcert'],
  ['ssl_cert=/etc/me.pem', 'sslcert'],
  ['sslky=/etc/me.key', 'sslkey'],
])('the misspelt parameter in %s is refused, because it would switch TLS off', (parameters, meant) => {
  const fault = `has a parameter that is nearly ${meant} and has no effect: did you mean ${meant}?`;
  expect(parse(`postgres://me@db.example/quittance?${parameters}`)).toEqual({ fault });
});

test('parameters that the driver knows, and unknown ones that are not nearly one of TLS, stay', () => {
  const url =
    'postgres://db.example/quittance?ssl=true&sslnegotiation=direct&sslcrl=x&options=-c%20a.b%3D1&target_session_attrs=any';
  expect(parse(url)).toEqual({ value: url });
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'quittance-url-'));
  writeFileSync(path.join(folder, 'ca.pem'), CERTIFICATE);
  writeFileSync(path.join(folder, 'key.pem'), CERTIFICATE_KEY);
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['sslrootcert', 'key.pem', 'certificate'],
  ['sslcert', 'key.pem', 'certificate'],
  ['sslkey', 'ca.pem', 'private key that can be used without a passphrase'],
])('%s with the file %s is refused, because the file contains no %s', (name, file, content) => {
  const url = `postgres://db.example/quittance?sslmode=verify-full&${name}=${path.join(folder, file)}`;
  expect(parse(url)).toEqual({ fault: `has a parameter ${name} that names a file without a ${content}` });
});

test('files with what they must contain are taken', () => {
  const [certificate, key] = [path.join(folder, 'ca.pem'), path.join(folder, 'key.pem')];
  const url = `postgres://db.example/quittance?sslmode=verify-full&sslrootcert=${certificate}&sslcert=${certificate}&sslkey=${key}`;
  expect(parse(url)).toEqual({ value: url });
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { noteService } from '../../src/development/running-service.js';
import { Advice } from '../../src/sandbox/advice.js';
import { serviceAddress } from '../../src/sandbox/service-address.js';

let empty: string;
let used: string;
beforeAll(() => {
  empty = mkdtempSync(path.join(tmpdir(), 'quittance-address-'));
  used = mkdtempSync(path.join(tmpdir(), 'quittance-address-'));
  noteService(used, { pid: process.pid, url: 'http://127.0.0.1:4000', adminUrl: 'http://127.0.0.1:4001' });
});
afterAll(() => [empty, used].forEach((folder) => rmSync(folder, { recursive: true })));

const NOTHING = { url: undefined, token: undefined };
const address = (env: Record<string, string>, given: Partial<Record<'url' | 'token', string>> = {}) =>
  serviceAddress({ ...NOTHING, ...given }, { DATA_DIR: empty, ...env });

test('without any variable it is the default of the service', () => {
  expect(address({})).toEqual({
    url: 'http://127.0.0.1:3000',
    adminUrl: 'http://127.0.0.1:3000',
    token: 'dev-token',
    dataDir: empty,
  });
  expect(serviceAddress(NOTHING, {}).dataDir).toBe(path.resolve('.data'));
});

test('the variables of the service say it: PORT, HOST, ADMIN_PORT, ADMIN_HOST and ADMIN_TOKENS', () => {
  expect(address({ PORT: '4000', HOST: '::1' })).toMatchObject({
    url: 'http://[::1]:4000',
    adminUrl: 'http://[::1]:4000',
  });
  expect(address({ HOST: '0.0.0.0', ADMIN_PORT: '9000' })).toMatchObject({
    url: 'http://127.0.0.1:3000',
    adminUrl: 'http://127.0.0.1:9000',
  });
  expect(address({ ADMIN_PORT: '9000', ADMIN_HOST: '::' })).toMatchObject({ adminUrl: 'http://[::1]:9000' });
  expect(address({ ADMIN_TOKENS: 'bob:viewer:one,ann:operator:two,eve:operator:three' }).token).toBe('two');
});

test('a service that runs on the same data folder is found there, also on a port that the system has chosen', () => {
  const found = { url: 'http://127.0.0.1:4000', adminUrl: 'http://127.0.0.1:4001' };
  expect(address({ DATA_DIR: used })).toMatchObject(found);
  expect(address({ DATA_DIR: used, PORT: '0' })).toMatchObject(found);
  expect(address({ DATA_DIR: used, PORT: '5000' })).toMatchObject({ url: 'http://127.0.0.1:5000' });
});

test('the command line counts before everything else', () => {
  const given = { url: 'http://shop.example:81', token: 'given' };
  expect(address({ DATA_DIR: used, PORT: '4000', ADMIN_TOKENS: 'ann:operator:two' }, given)).toMatchObject({
    url: 'http://shop.example:81',
    adminUrl: 'http://shop.example:81',
    token: 'given',
  });
});

test.each([
  [{ PORT: '70000' }, 'PORT must be a whole number from 0 to 65535'],
  [{ ADMIN_TOKENS: 'secret-9f3c' }, 'ADMIN_TOKENS is a comma list whose entry 1 must be name:role:token'],
  [{ ADMIN_TOKENS: 'bob:viewer:one' }, 'ADMIN_TOKENS has no operator, and the sandbox places orders'],
])('a variable with a fault, %j, is refused without its value', (env, advice) => {
  expect(() => address(env as Record<string, string>)).toThrow(Advice);
  expect(() => address(env as Record<string, string>)).toThrow(advice);
  expect(() => address(env as Record<string, string>)).toThrow(expect.not.stringContaining('9f3c'));
});

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { prepareDataFolder } from '../../src/development/data-folder.js';
import { reasonIn } from '../../src/development/postgres-binaries.js';
import { noteService, removeNote, runningService } from '../../src/development/running-service.js';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(path.join(tmpdir(), 'quittance-folder-'));
});
afterEach(() => rmSync(parent, { recursive: true }));

test('the data folder is made with its parents, empty, and other users cannot list it', () => {
  const dir = path.join(parent, 'a/b');
  prepareDataFolder(dir);
  prepareDataFolder(dir);
  expect(readdirSync(dir)).toEqual([]);
  expect(statSync(dir).mode & 0o066).toBe(0);
});

test('a file in place of the folder, or in its path, is refused with what to do', () => {
  const file = path.join(parent, 'file');
  writeFileSync(file, 'text');
  expect(() => prepareDataFolder(file)).toThrow(
    `DATA_DIR ${file} cannot be used, and nothing was started: a file has this name. Set DATA_DIR to a folder that this user may write in.`,
  );
  expect(() => prepareDataFolder(path.join(file, 'x'))).toThrow('a part of its path is a file');
});

const onLinux = existsSync('/proc/self') ? test : test.skip;
onLinux('a file system that takes no folders is refused, and does not block the process', () => {
  expect(() => prepareDataFolder('/proc/quittance/data')).toThrow('cannot be used, and nothing was started');
});

test('of the output of initdb the operator reads the one line that says why', () => {
  const full =
    'creating …\n2026-11-26 FATAL:  could not write to file "x": No space left on device\nremoving …\n';
  expect(reasonIn(full)).toMatch(/^the disk of DATA_DIR is full: free 100 MB/);
  expect(reasonIn('LOG: x\nFATAL:  could not create semaphores\nhint\n')).toBe('could not create semaphores');
  expect(reasonIn('')).toBe('it said nothing');
});

const URLS = { url: 'http://127.0.0.1:4000', adminUrl: 'http://127.0.0.1:4001' };

test('a service that runs is found by its note, until the note is removed', () => {
  expect(runningService(parent)).toBeNull();
  noteService(parent, { pid: process.pid, ...URLS });
  expect(runningService(parent)).toEqual({ pid: process.pid, ...URLS });
  removeNote(parent);
  expect(readdirSync(parent)).toEqual([]);
});

test('the note of a process that has ended is not used, and that of another service is not removed', () => {
  // Process ids are far below this on every system.
  const dead = { pid: 2 ** 30, ...URLS };
  noteService(parent, dead);
  expect(runningService(parent)).toBeNull();
  removeNote(parent);
  expect(readdirSync(parent)).toEqual(['service.json']);
  writeFileSync(path.join(parent, 'service.json'), '{');
  expect(runningService(parent)).toBeNull();
});

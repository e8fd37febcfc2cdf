import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { StartRefused } from '../config/start-refused.js';

/** What the operator reads of a file system's error, by its code. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'the user of this process may not write there',
  EPERM: 'the user of this process may not write there',
  EROFS: 'its file system is read-only',
  ENOSPC: 'its disk is full',
  EDQUOT: 'the disk quota of this user is used up',
  EEXIST: 'a file has this name',
  ENOTDIR: 'a part of its path is a file',
  ENOENT: 'its file system takes no folder there',
  ENAMETOOLONG: 'its path is too long',
  ELOOP: 'its path has a circle of links',
};

/** 0711: the embedded PostgreSQL has its files below and may run as another user, who must pass through but not list. */
const MODE = 0o711;

/**
 * Creates the data folder if it does not exist, and tries whether this process can write there.
 * @throws StartRefused
 */
export function prepareDataFolder(dir: string): void {
  try {
    makeFolder(dir);
    const trial = join(dir, `.trial-${process.pid}-${randomBytes(4).toString('hex')}`);
    fs.writeFileSync(trial, 'x', { mode: 0o600, flag: 'wx' });
    fs.rmSync(trial);
  } catch (error) {
    throw dataFolderRefused(error, dir);
  }
}

/** An error of the file system in words for the operator; the error itself where it is another one. */
export function dataFolderRefused(error: unknown, dir: string): unknown {
  const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''];
  if (reason === undefined) return error;
  return new StartRefused(
    `DATA_DIR ${dir} cannot be used, and nothing was started: ${reason}. Set DATA_DIR to a folder that this user may write in.`,
  );
}

/** Not `recursive`: with it Node loops for ever where a file system refuses a folder with ENOENT, as /proc does. */
function makeFolder(dir: string): void {
  if (isFolder(dir)) return;
  if (dirname(dir) !== dir) makeFolder(dirname(dir));
  try {
    fs.mkdirSync(dir, { mode: MODE });
  } catch (error) {
    // Another process may have just made it.
    if (!isFolder(dir)) throw error;
  }
}

function isFolder(path: string): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

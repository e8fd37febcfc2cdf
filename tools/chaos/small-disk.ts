import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { PostgresBinaries } from '../../src/development/postgres-binaries.js';

/** More than the tables of the longest run. A full disk takes as much memory. */
const SIZE = '512m';
const CHUNK = Buffer.alloc(2 ** 20);

/**
 * A small file system in memory for the tables of the database. The write-ahead log is on the ordinary disk, because PostgreSQL
 * ends if it cannot write its log.
 */
export class SmallDisk {
  private readonly ballast: string;
  /** For a tablespace. PostgreSQL's user owns it. */
  readonly tables: string;

  private constructor(private readonly folder: string) {
    this.ballast = path.join(folder, 'ballast');
    this.tables = path.join(folder, 'tables');
  }

  /** Why there can be no such disk here, or null. */
  static whyMissing(): string | null {
    if (process.platform !== 'linux') return 'a disk in memory needs Linux';
    return process.getuid?.() === 0 ? null : 'mounting a disk needs root';
  }

  /** @throws Error if mounting is not allowed, as in most containers. */
  static async mount(folder: string, binaries: PostgresBinaries, size = SIZE): Promise<SmallDisk> {
    mkdirSync(folder);
    await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0755`, 'tmpfs', folder]);
    const disk = new SmallDisk(folder);
    mkdirSync(disk.tables, { mode: 0o700 });
    binaries.handOver(disk.tables);
    return disk;
  }

  /** Writes a file until nothing more fits. Returns its size in bytes. */
  async fill(): Promise<number> {
    const file = await open(this.ballast, 'w');
    try {
      let size = 0;
      for (let written = await writeWhatFits(file); written > 0; written = await writeWhatFits(file))
        size += written;
      return size;
    } finally {
      await file.close();
    }
  }

  free(): void {
    rmSync(this.ballast, { force: true });
  }

  async unmount(): Promise<void> {
    await promisify(execFile)('umount', ['--lazy', this.folder]);
  }
}

/** Returns how many bytes were written: none if the disk is full. */
async function writeWhatFits(file: FileHandle): Promise<number> {
  try {
    return (await file.write(CHUNK)).bytesWritten;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return 0;
    throw error;
  }
}

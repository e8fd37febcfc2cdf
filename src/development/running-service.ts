import * as fs from 'node:fs';
import { join } from 'node:path';

/** Where a service in development mode can be reached. */
export interface RunningService {
  readonly pid: number;
  readonly url: string;
  /** Differs from `url` where the admin API has a port of its own. */
  readonly adminUrl: string;
}

const fileIn = (dataDir: string): string => join(dataDir, 'service.json');

/** Leaves a note in the data folder, by which the sandbox finds the service. */
export function noteService(dataDir: string, service: RunningService): void {
  const file = fileIn(dataDir);
  const draft = `${file}.${process.pid}`;
  fs.writeFileSync(draft, JSON.stringify(service, null, 2), { mode: 0o600 });
  fs.renameSync(draft, file);
}

/** Removes the note, unless another service has written its own since. */
export function removeNote(dataDir: string): void {
  if (read(dataDir)?.pid === process.pid) fs.rmSync(fileIn(dataDir), { force: true });
}

/** Null where no service runs on this data folder. */
export function runningService(dataDir: string): RunningService | null {
  const service = read(dataDir);
  return service && isAlive(service.pid) ? service : null;
}

function read(dataDir: string): RunningService | null {
  try {
    const { pid, url, adminUrl } = JSON.parse(fs.readFileSync(fileIn(dataDir), 'utf8')) as RunningService;
    return pid > 0 && URL.canParse(url) && URL.canParse(adminUrl) ? { pid, url, adminUrl } : null;
  } catch {
    // A note that is missing or damaged is no note: the sandbox has other ways to find the service.
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Another user's process.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

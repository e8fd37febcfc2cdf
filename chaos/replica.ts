import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { start, type Build, type Running } from './built-service.js';

/** Between two attempts at a start that failed, as a supervisor would rest. */
const START_AGAIN_MS = 250;
/** Several times what a start takes on a busy machine. */
const READY_WITHIN_MS = 15_000;

export interface ReplicaSettings {
  readonly build: Pick<Build, 'folder' | 'children'>;
  readonly databaseUrl: string;
  readonly logFile: string;
  readonly dataDir: string;
}

/** Those of Node itself that production starts it with. */
function productionFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  return scripts['start:prod']!.split(' ').filter((word) => word.startsWith('--'));
}

/** One process of the service under a supervisor that starts it again whenever it has ended. */
export class Replica {
  private running: Promise<Running>;
  private closed = false;
  private lastKill: Promise<void> = Promise.resolve();
  /** Where it listens, or last did. */
  url = '';

  constructor(private readonly settings: ReplicaSettings) {
    this.running = this.launch();
  }

  async isUp(): Promise<void> {
    await this.running;
  }

  /** kill -9 of the process that runs by then, each of several in its turn; returns when the next process is on its way. */
  kill(): Promise<void> {
    this.lastKill = this.lastKill.then(() => this.killNow());
    return this.lastKill;
  }

  /** Its wall clock is so far from everybody else's from now on, until it ends. */
  async jump(jumpMs: number): Promise<void> {
    const { child } = await this.running;
    if (child.connected) child.send({ jumpMs }, () => undefined);
  }

  /** Ends it and starts it no more. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    this.closed = true;
    const { children } = this.settings.build;
    if (signal === 'SIGKILL') children.forEach((child) => child.kill(signal));
    const running = await this.running.catch(() => null);
    await running?.end(signal);
  }

  private async killNow(): Promise<void> {
    const running = await this.running;
    this.running = running.end('SIGKILL').then(() => this.launch());
    // Who waits for it hears of a failure; until then nobody need.
    this.running.catch(() => undefined);
  }

  private async launch(): Promise<Running> {
    const { build, databaseUrl, logFile, dataDir } = this.settings;
    const env = { LOG_LEVEL: 'info', DATA_DIR: dataDir, WEBHOOK_ALLOW_PRIVATE_TARGETS: 'true' };
    const nodeOptions = [...productionFlags(), '--import', resolve('chaos/jumping-clock.mjs')];
    for (;;) {
      try {
        const running = await start(build, databaseUrl, env, {
          logFile,
          nodeOptions,
          readyWithinMs: READY_WITHIN_MS,
        });
        this.url = running.url;
        return running;
      } catch (error) {
        // Without its database it does not start, and the database may just be away.
        if (this.closed) throw error;
        await rest(START_AGAIN_MS);
      }
    }
  }
}

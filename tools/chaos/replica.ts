import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Build, type RunningService, start } from './built-service.js';
import { ADMIN_TOKENS } from './operators.js';

/** The pause between two attempts to start, as a supervisor makes it. */
const RESTART_DELAY_MS = 250;
/** Several times what a start takes on a busy machine. An attempt that exceeds it doubles it, for even slower machines. */
const READY_WITHIN_MS = 15_000;
const READINESS_TIMEOUT_MS = 3_000;

export interface ReplicaSettings {
  readonly build: Pick<Build, 'folder' | 'children'>;
  readonly databaseUrl: string;
  readonly logFile: string;
  readonly dataDir: string;
}

/** The options of Node that production uses. */
function productionFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  return scripts['start:prod']!.split(' ').filter((word) => word.startsWith('--'));
}

/** One process of the service and its supervisor, which starts it again whenever it has ended. */
export class Replica {
  private running: Promise<RunningService>;
  private closed = false;
  private lastKill: Promise<void> = Promise.resolve();
  /** The URL of the current process, or of the last one. */
  url = '';

  constructor(private readonly settings: ReplicaSettings) {
    this.running = this.launch();
  }

  async isUp(): Promise<void> {
    await this.running;
  }

  /** Kills the current process (SIGKILL), and resolves when the next one is starting. Several calls run one after the other. */
  kill(): Promise<void> {
    this.lastKill = this.lastKill.then(() => this.killNow());
    return this.lastKill;
  }

  /** Whether the current process says that it is ready. */
  async isReady(): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(READINESS_TIMEOUT_MS);
      return (await fetch(`${this.url}/health/ready`, { signal })).status === 200;
    } catch {
      return false;
    }
  }

  /** Sets the offset of its wall clock, for as long as the process lives. */
  async jump(jumpMs: number): Promise<void> {
    const { child } = await this.running;
    if (child.connected) child.send({ jumpMs }, () => undefined);
  }

  /** Ends the process and its supervisor. */
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
    // Callers that await it still get the error. This only avoids an unhandled rejection while there is no caller.
    this.running.catch(() => undefined);
  }

  private async launch(): Promise<RunningService> {
    const { build, databaseUrl, logFile, dataDir } = this.settings;
    const env = { LOG_LEVEL: 'info', DATA_DIR: dataDir, WEBHOOK_ALLOW_PRIVATE_TARGETS: 'true', ADMIN_TOKENS };
    const nodeOptions = [...productionFlags(), '--import', resolve('tools/chaos/jumping-clock.mjs')];
    let readyWithinMs = READY_WITHIN_MS;
    for (;;) {
      const since = performance.now();
      try {
        const running = await start(build, databaseUrl, env, { logFile, nodeOptions, readyWithinMs });
        this.url = running.url;
        return running;
      } catch (error) {
        // The service does not start without its database, which may be down at the moment.
        if (this.closed) throw error;
        if (performance.now() - since >= readyWithinMs) readyWithinMs *= 2;
        await sleep(RESTART_DELAY_MS);
      }
    }
  }
}

import { beforeEach, expect, test } from '@jest/globals';
import { Readiness, ReadinessProbe, type ReadinessFault } from '../../src/application/readiness.js';

const FAULT: ReadinessFault = { code: 'disk_full', text: 'the disk is full' };

/** A probe that ends when the test says so. */
class ScriptedProbe extends ReadinessProbe {
  readonly running: ((faults: readonly ReadinessFault[]) => void)[] = [];

  run(): Promise<readonly ReadinessFault[]> {
    return new Promise((resolve) => this.running.push(resolve));
  }
}

let probe: ScriptedProbe;
let readiness: Readiness;
let changes: string[][];
beforeEach(() => {
  probe = new ScriptedProbe();
  readiness = new Readiness(probe);
  changes = [];
  readiness.onChange((faults) => changes.push(faults.map(({ code }) => code)));
});

/** Runs one probe with this result. */
async function probeWith(...faults: readonly ReadinessFault[]): Promise<void> {
  const refreshed = readiness.refresh();
  probe.running.pop()!(faults);
  await refreshed;
}

const codes = async () => (await readiness.check()).map(({ code }) => code);

test('the answer waits for the first probe, and is the result of the last one after that', async () => {
  const first = codes();
  probe.running.pop()!([FAULT]);
  expect(await first).toEqual(['disk_full']);
  void readiness.refresh();
  expect(await codes()).toEqual(['disk_full']);
  probe.running.pop()!([]);
  await readiness.refresh();
  expect(await codes()).toEqual([]);
});

test('callers during a probe share it', async () => {
  const calls = [readiness.refresh(), readiness.refresh(), readiness.check()];
  expect(probe.running).toHaveLength(1);
  probe.running.pop()!([]);
  await Promise.all(calls);
  expect(probe.running).toHaveLength(0);
});

test('it is not ready from a callback that could not be stored until a probe succeeds', async () => {
  await probeWith();
  readiness.storeFailed();
  expect(await codes()).toEqual(['store_failed']);
  await probeWith(FAULT);
  expect(await codes()).toEqual(['disk_full']);
  await probeWith();
  expect(await codes()).toEqual([]);
});

test('a probe that began before a callback could not be stored does not make it ready', async () => {
  await probeWith();
  const refreshed = readiness.refresh();
  readiness.storeFailed();
  probe.running.pop()!([]);
  await refreshed;
  expect(await codes()).toEqual(['store_failed']);
  await probeWith();
  expect(await codes()).toEqual([]);
});

test('it is ready again when the next callback is stored', async () => {
  await probeWith();
  readiness.storeFailed();
  readiness.storeSucceeded();
  expect(await codes()).toEqual([]);
});

test('a listener learns of each change once', async () => {
  await probeWith();
  await probeWith();
  await probeWith(FAULT);
  await probeWith(FAULT);
  await probeWith({ ...FAULT, code: 'standby', text: 'another fault' });
  await probeWith();
  expect(changes).toEqual([[], ['disk_full'], ['standby'], []]);
});

test('a listener is not called for each callback while some are stored and some are not', async () => {
  await probeWith();
  for (let count = 0; count < 100; count += 1) {
    readiness.storeFailed();
    readiness.storeSucceeded();
  }
  await probeWith();
  expect(changes).toEqual([[], ['store_failed'], []]);
});

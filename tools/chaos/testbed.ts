import path from 'node:path';
import { sandboxKeys } from '../../src/sandbox/keys.js';
import type { Build } from './built-service.js';
import { type Cleanups, Database, type DatabaseNeeds } from './database.js';
import { Operators } from './operators.js';
import { Replica } from './replica.js';
import { Sender } from './sender.js';
import { Shop } from './shop.js';
import { EventSubscriber } from './subscriber.js';
import { TcpProxy } from './tcp-proxy.js';

/** Two replicas on one database, each behind its own proxy, and the clients that they serve. */
export interface Testbed {
  readonly database: Database;
  readonly proxies: readonly TcpProxy[];
  readonly replicas: readonly Replica[];
  readonly sender: Sender;
  readonly shop: Shop;
  readonly operators: Operators;
  readonly subscriber: EventSubscriber;
  /** After this call no client repeats a request. */
  stopRetrying(): void;
}

/** Data and logs are in the folder. Whatever was started is in `cleanups`, also if this function throws. */
export async function startTestbed(
  build: Pick<Build, 'folder' | 'children'>,
  folder: string,
  needs: DatabaseNeeds,
  cleanups: Cleanups,
): Promise<Testbed> {
  const database = await Database.start(folder, needs, cleanups);
  const networks = await Promise.all([0, 1].map(() => TcpProxy.before(() => database.url)));
  cleanups.unshift(() => Promise.all(networks.map(({ proxy }) => proxy.close())));
  const dataDir = path.join(folder, 'keys');
  const keys = await sandboxKeys(dataDir);
  const replicas = networks.map(({ url }, index) => {
    const logFile = path.join(folder, `service-${index}.log`);
    return new Replica({ build, dataDir, databaseUrl: url, logFile });
  });
  cleanups.unshift(() => Promise.all(replicas.map((replica) => replica.stop('SIGKILL'))));
  await Promise.all(replicas.map((replica) => replica.isUp()));
  let isStopped = false;
  const hasStopped = () => isStopped;
  const urlOf = (replica: number) => replicas[replica]!.url;
  const shop = new Shop(urlOf, hasStopped);
  const subscriber = await new EventSubscriber().open();
  cleanups.unshift(() => subscriber.close());
  subscriber.trust(await shop.subscribe(subscriber.url));
  const unknownKeys = await sandboxKeys(path.join(folder, 'unknown-keys'));
  return {
    database,
    proxies: networks.map(({ proxy }) => proxy),
    replicas,
    sender: new Sender({ keys, unknownKeys, urlOf, hasStopped }),
    shop,
    operators: new Operators(urlOf, hasStopped),
    subscriber,
    stopRetrying: () => void (isStopped = true),
  };
}

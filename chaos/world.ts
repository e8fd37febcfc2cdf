import path from 'node:path';
import { developmentKeys } from '../src/sandbox/development-keys.js';
import type { Build } from './built-service.js';
import { Database, type Started } from './database.js';
import { Replica } from './replica.js';
import { Sender } from './sender.js';
import { Shop } from './shop.js';
import { EventSubscriber } from './subscriber.js';
import { TcpProxy } from './tcp-proxy.js';

/** What a storm rages over: two replicas, each behind a network of its own to one database, and those who deal with them. */
export interface World {
  readonly database: Database;
  readonly proxies: readonly TcpProxy[];
  readonly replicas: readonly Replica[];
  readonly sender: Sender;
  readonly shop: Shop;
  readonly subscriber: EventSubscriber;
  /** Nobody asks for anything again any more. */
  giveUp(): void;
}

/** Its data and logs are in the folder; what ends it is in `started`, also where it could not be made whole. */
export async function makeWorld(
  build: Pick<Build, 'folder' | 'children'>,
  folder: string,
  started: Started,
): Promise<World> {
  const database = await Database.start(folder, started);
  const networks = await Promise.all([0, 1].map(() => TcpProxy.before(() => database.url)));
  started.unshift(
    ...networks.map(
      ({ proxy }) =>
        () =>
          proxy.close(),
    ),
  );
  const dataDir = path.join(folder, 'keys');
  const keys = await developmentKeys(dataDir);
  const replicas = networks.map(({ url }, index) => {
    const logFile = path.join(folder, `service-${index}.log`);
    return new Replica({ build, dataDir, databaseUrl: url, logFile });
  });
  started.unshift(() => Promise.all(replicas.map((replica) => replica.stop('SIGKILL'))));
  await Promise.all(replicas.map((replica) => replica.isUp()));
  let hasEnded = false;
  const gaveUp = () => hasEnded;
  const urlOf = (replica: number) => replicas[replica]!.url;
  const shop = new Shop(urlOf, gaveUp);
  const subscriber = await new EventSubscriber().open();
  started.unshift(() => subscriber.close());
  subscriber.trust(await shop.subscribe(subscriber.url));
  return {
    database,
    proxies: networks.map(({ proxy }) => proxy),
    replicas,
    sender: new Sender(keys, await developmentKeys(path.join(folder, 'strange-keys')), urlOf, gaveUp),
    shop,
    subscriber,
    giveUp: () => void (hasEnded = true),
  };
}

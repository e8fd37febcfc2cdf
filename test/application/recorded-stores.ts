import { UnitOfWork, type RunOptions, type Stores } from '../../src/application/ports.js';

type Asked = (...given: unknown[]) => unknown;

/** A unit of work that keeps a line for each thing that is asked of it, such as `orders.lock wait`: each is a statement to a real database. */
export class RecordedUnitOfWork extends UnitOfWork {
  asked: string[] = [];

  constructor(private readonly inner: UnitOfWork) {
    super();
  }

  override run<Result>(work: (stores: Stores) => Promise<Result>, options?: RunOptions): Promise<Result> {
    return this.inner.run((stores) => work(this.recorded(stores)), options);
  }

  /** What was asked since the last time. */
  lines(): string[] {
    return this.asked.splice(0);
  }

  private recorded(stores: Stores): Stores {
    const entries = Object.entries(stores).map(([name, store]) => [
      name,
      this.recordedStore(name, store as object),
    ]);
    return Object.fromEntries(entries) as Stores;
  }

  private recordedStore(name: string, store: object): object {
    return new Proxy(store, {
      get: (target, method) => {
        const found = Reflect.get(target, method) as Asked;
        return (...given: unknown[]) => {
          const mode = given.filter((each) => each === 'wait' || each === 'skip');
          this.asked.push([`${name}.${String(method)}`, ...mode].join(' '));
          return found.apply(target, given);
        };
      },
    });
  }
}

import type { EntityManager, QueryRunner } from 'typeorm';
import type { Port, Transaction } from '../../../application/transaction.js';
import type { UniqueFaults } from './faults.js';
import { TransactionEnded, type PreparedStatements } from './prepared-statements.js';
import type { PlainSql, PreparedSql } from './sql.js';

/** The ways in which a repository runs its statements in one transaction. */
export interface Session {
  readonly prepared: PreparedSql;
  readonly plain: PlainSql;
  readonly orm: Orm;
}

/** TypeORM's repositories and query builders. A `pessimistic_write` lock needs a transaction that is not pipelined. */
export interface Orm {
  run<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result>;
}

/** What the engine needs to know about the repositories and their tables. */
export interface Repositories {
  /** For each port, how to make it for one transaction. */
  readonly ports: ReadonlyMap<Port<unknown>, (session: Session) => unknown>;
  readonly uniqueFaults: UniqueFaults;
}

/** Makes each port when it is first asked for. */
export class PostgresTransaction implements Transaction {
  private readonly made = new Map<Port<unknown>, unknown>();
  private readonly session: Session;

  constructor(
    private readonly repositories: Repositories,
    private readonly statements: PreparedStatements,
    runner: QueryRunner,
  ) {
    this.session = {
      prepared: statements,
      plain: new PlainStatements(statements, runner),
      orm: { run: (work) => statements.guard(() => work(runner.manager)) },
    };
  }

  of<T>(port: Port<T>): T {
    if (this.statements.hasEnded) throw new TransactionEnded();
    let made = this.made.get(port);
    if (made === undefined) {
      const make = this.repositories.ports.get(port);
      if (!make) throw new Error(`${port.name} is not a port of a transaction`);
      made = make(this.session);
      this.made.set(port, made);
    }
    return made as T;
  }
}

/** Statements that TypeORM sends on the connection of the transaction. */
class PlainStatements implements PlainSql {
  constructor(
    private readonly statements: PreparedStatements,
    private readonly runner: QueryRunner,
  ) {}

  async query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const { records } = await this.statements.guard(() => this.runner.query(text, [...values], true));
    return records as Row[];
  }

  async execute(text: string, values: readonly unknown[] = []): Promise<number> {
    const { affected } = await this.statements.guard(() => this.runner.query(text, [...values], true));
    return affected ?? 0;
  }
}

import type { MigrationInterface } from 'typeorm';

/**
 * Does nothing. 0.8.0 has made disputes here of the open cases `dispute_reported`. The worker that records reports of earlier releases does
 * it now, by the rules of the service. The migration stays, because databases have its name.
 */
export class RecordedDisputes1763900000029 implements MigrationInterface {
  readonly name = 'RecordedDisputes1763900000029';

  async up(): Promise<void> {}

  async down(): Promise<void> {}
}

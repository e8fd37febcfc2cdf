import type { RawCallback } from '../../src/adapters/gateways/gateway.js';
import type { Batch, Failure, Tally } from './batch.js';
import { SORTS, type Sort } from './callbacks.js';

/** A shell command that sends these bytes to a service on this machine. The service must have the same keys. */
export function commandFor(gateway: string, { headers, body }: RawCallback): string {
  const flags = Object.entries(headers ?? {}).map(
    ([name, value]) => `-H ${quoted(`${name}: ${String(value)}`)}`,
  );
  const url = `http://127.0.0.1:3000/callbacks/${gateway}`;
  return `echo ${body.toString('base64')} | base64 -d | curl -i ${url} --data-binary @- ${flags.join(' ')}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export function failureText({ batch, fault, headers, bodyBase64, receivedAt, situation }: Failure): string {
  const { gateway, sort, inputs, seed, path } = batch;
  const callback = {
    headers: (headers ?? {}) as RawCallback['headers'],
    body: Buffer.from(bodyBase64, 'base64'),
  };
  return [
    `FAILED: ${gateway}, ${sort}, received at ${receivedAt}`,
    fault,
    `headers (JSON)  ${JSON.stringify(headers)}`,
    `body (base64)   ${bodyBase64}`,
    `existing rows   ${JSON.stringify(situation)}`,
    `to send it      ${commandFor(gateway, callback)}`,
    `to repeat it    npm run fuzz -- --gateway ${gateway} --sort ${sort} --inputs ${inputs} --seed ${seed} --path ${path}`,
  ].join('\n');
}

/** What the figures of each sort count. */
const LEGEND: Readonly<Record<Sort, string>> = {
  unsigned:
    'bytes without a valid signature. None may be verified; one that is verified ends the run as a failure.',
  tampered: `genuine callbacks with up to four changes after signing. Those that are verified say exactly what was signed,
            because nothing was changed, or only a part that the signature does not cover.`,
  signed: `hostile bodies that the fuzzer itself has signed with the gateway's real key. The signature is valid, so they are
            verified; the run checks that they are then read and settled without a fault.`,
};

/** What it means that an input of a sort passes the check of its signature. */
const PASSED: Readonly<Record<Sort, string>> = {
  unsigned: 'verified, which must be none',
  tampered: 'verified with exactly what was signed',
  signed: 'verified and read as',
};

/** One row for each gateway and sort: verified inputs by the kind of notification, rejected ones by the reason. */
export class Summary {
  private readonly rows = new Map<string, { sort: Sort; inputs: number; tally: Tally }>();
  inputs = 0;

  add({ gateway, sort, inputs }: Batch, tally: Tally): void {
    const name = `${gateway}, ${sort}`;
    const row = this.rows.get(name) ?? {
      sort,
      inputs: 0,
      tally: { notifications: {}, rejections: {}, slowestMs: 0 },
    };
    row.inputs += inputs;
    row.tally.slowestMs = Math.max(row.tally.slowestMs, tally.slowestMs);
    for (const counts of ['notifications', 'rejections'] as const)
      for (const [key, count] of Object.entries(tally[counts]))
        row.tally[counts][key] = (row.tally[counts][key] ?? 0) + count;
    this.rows.set(name, row);
    this.inputs += inputs;
  }

  toString(): string {
    const rows = [...this.rows].sort(([one], [other]) => (one < other ? -1 : 1));
    const lines = rows.map(([name, { sort, inputs, tally }]) =>
      [
        `${name}: ${inputs} inputs, slowest ${tally.slowestMs.toFixed(1)} ms`,
        `  ${PASSED[sort]}: ${countsText(tally.notifications)}`,
        `  rejected: ${countsText(tally.rejections)}`,
      ].join('\n'),
    );
    const legend = SORTS.map((sort) => `  ${sort.padEnd(10)}${LEGEND[sort]}`);
    return [...lines, 'Inputs by sort:', ...legend].join('\n');
  }
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([, one], [, other]) => other - one);
  return sorted.map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}

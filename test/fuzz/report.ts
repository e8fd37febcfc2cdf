import type { RawCallback } from '../../src/adapters/gateways/gateway.js';
import type { Batch, Failure, Tally } from './batch.js';

/** Sends the very bytes again, to a service on this machine. Only a service with the same keys takes the signature for right. */
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
    `rows that it met ${JSON.stringify(situation)}`,
    `to send it      ${commandFor(gateway, callback)}`,
    `to repeat       npm run fuzz -- --gateway ${gateway} --sort ${sort} --inputs ${inputs} --seed ${seed} --path ${path}`,
  ].join('\n');
}

/** One row for each gateway and kind of signature; refused and understood ones by what they came to. */
export class Summary {
  private readonly rows = new Map<string, { inputs: number; tally: Tally }>();
  inputs = 0;

  add({ gateway, sort, inputs }: Batch, tally: Tally): void {
    const name = `${gateway}, ${sort === 'signed' ? 'signed and hostile' : 'unsigned or tampered'}`;
    const row = this.rows.get(name) ?? { inputs: 0, tally: { notices: {}, rejections: {}, slowestMs: 0 } };
    row.inputs += inputs;
    row.tally.slowestMs = Math.max(row.tally.slowestMs, tally.slowestMs);
    for (const counts of ['notices', 'rejections'] as const)
      for (const [name, count] of Object.entries(tally[counts]))
        row.tally[counts][name] = (row.tally[counts][name] ?? 0) + count;
    this.rows.set(name, row);
    this.inputs += inputs;
  }

  toString(): string {
    const lines = [...this.rows].sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, { inputs, tally }]) =>
      [
        `${name}: ${inputs} inputs, slowest ${tally.slowestMs.toFixed(1)} ms`,
        `  verified  ${told(tally.notices)}`,
        `  refused   ${told(tally.rejections)}`,
      ].join('\n'),
    ); // prettier-ignore
    return lines.join('\n');
  }
}

function told(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([, one], [, other]) => other - one);
  return sorted.map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SignedCallback } from '../../src/sandbox/callback.js';
import { type Service, startService, unique } from './service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

interface Row {
  id: string;
  event_id: string;
  outcome: string;
  deliveries: number;
}
const newestId = async () =>
  (await service.sql<{ id: string }>('SELECT coalesce(max(id), 0) AS id FROM callbacks'))[0]!.id;
const rowsAfter = (id: string) =>
  service.sql<Row>('SELECT id, event_id, outcome, deliveries FROM callbacks WHERE id > $1 ORDER BY id', [id]);

/** The parameters of a form, each a name and a value. */
type Parameters = readonly (readonly [name: string, value: string])[];

const parametersOf = ({ body }: SignedCallback): Parameters => [...new URLSearchParams(body.toString())];

const percentEncoded = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

/** A form with the same signed text: its variants differ in order, in escapes, and in the parameter that is not signed. */
function formOf(parameters: Parameters, variant: number): Buffer {
  const kept = variant % 2 ? parameters : parameters.filter(([name]) => name !== 'sign_type');
  const rotated = [...kept.slice(variant % kept.length), ...kept.slice(0, variant % kept.length)];
  const escaped = (text: string, index: number) =>
    (variant + index) % 3
      ? encodeURIComponent(text)
      : text.replace(/[^ ]/gu, percentEncoded).replaceAll(' ', '+');
  const form = rotated.map(([name, value], index) => `${escaped(name, index)}=${escaped(value, index + 1)}`);
  return Buffer.from(form.join('&') + '&'.repeat(variant));
}

/** Parameters with the same signed text, in which the named one is a part of the value of the one before it. */
function hiddenIn(parameters: Parameters, name: string): Parameters {
  const sorted = parameters.toSorted(([left], [right]) => (left < right ? -1 : 1));
  const signed = sorted.filter(([each]) => each !== 'sign' && each !== 'sign_type');
  const index = signed.findIndex(([each]) => each === name);
  const [before, hidden] = [signed[index - 1]!, signed[index]!];
  const joined = [before[0], `${before[1]}&${hidden.join('=')}`] as const;
  return [
    ...signed.slice(0, index - 1),
    joined,
    ...signed.slice(index + 1),
    ...sorted.filter((each) => !signed.includes(each)),
  ];
}

describe('one signed text of Alipay in different forms', () => {
  test('is one row if it is unreadable, like the return parameters that a buyer’s browser has', async () => {
    const last = await newestId();
    const signed = service.sign('alipay', {
      paymentNumber: unique('P'),
      alter: ({ notify_id: _id, notify_type: _type, trade_status: _status, ...rest }) => rest,
    });
    const parameters = parametersOf(signed);
    const bodies = Array.from({ length: 60 }, (_, variant) => formOf(parameters, variant));
    expect(new Set(bodies.map(String)).size).toBe(60);
    const hidden = ['out_trade_no', 'seller_id', 'total_amount'].map((name) => hiddenIn(parameters, name));
    bodies.splice(0, hidden.length, ...hidden.map((each) => formOf(each, 0)));
    const answers = await Promise.all(bodies.map((body) => service.sendRaw({ ...signed, body })));
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['success']));

    const [row, ...others] = await rowsAfter(last);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ outcome: 'unreadable', deliveries: 60 });
    expect(row!.event_id).toMatch(/^sha256:[0-9a-f]{64}$/);
    const cases = await service.sql('SELECT kind FROM discrepancies WHERE callback_id = $1', [row!.id]);
    expect(cases).toEqual([{ kind: 'unreadable' }]);
  });

  test('is one row beside the genuine callback if parameters are hidden, and does not take its event id', async () => {
    const { paymentNumber, orderNumber } = await service.openPayment('alipay');
    const last = await newestId();
    const eventId = unique('E');
    const signed = service.sign('alipay', { paymentNumber, eventId });
    const parameters = parametersOf(signed);
    const names = ['trade_status', 'notify_id', 'notify_type', 'trade_no', 'gmt_payment', 'total_amount'];
    for (const name of names) {
      await service.sendRaw({ ...signed, body: formOf(hiddenIn(parameters, name), 1) });
    }
    await service.sendRaw(signed);
    // Here notify_time becomes a part of the value of notify_id.
    await service.sendRaw({ ...signed, body: formOf(hiddenIn(parameters, 'notify_time'), 1) });

    expect(await rowsAfter(last)).toMatchObject([
      { event_id: expect.stringMatching(/^sha256:/), outcome: 'unreadable', deliveries: names.length + 1 },
      { event_id: eventId, outcome: 'settled', deliveries: 1 },
    ]);
    expect((await service.admin('GET', `/orders/${orderNumber}`)).body).toMatchObject({ status: 'paid' });
  });
});

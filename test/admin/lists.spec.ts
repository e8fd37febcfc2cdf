import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CallbackRepository } from '../../src/application/callbacks/callback-repository.js';
import { CaseRepository } from '../../src/application/cases/case-repository.js';
import { CNY, type Service, startService, uniqueNumber } from './service.js';

let service: Service;
const numbers: string[] = [];
const paymentNumbers: string[] = [];

beforeAll(async () => {
  service = await startService();
  for (let count = 0; count < 7; count += 1) {
    const orderNumber = uniqueNumber();
    const body = { orderNumber, total: CNY('1.00'), customerId: count < 3 ? 'c-1' : null };
    await service.call('POST', '/admin/v1/orders', { body });
    const payment = { gateway: 'standard-webhooks' };
    const opened = await service.call('POST', `/admin/v1/orders/${orderNumber}/payments`, { body: payment });
    numbers.unshift(orderNumber);
    paymentNumbers.unshift(opened.body.paymentNumber);
  }
  const cancellation = { body: { to: 'cancelled' } };
  await service.call('POST', `/admin/v1/orders/${numbers[0]}/transitions`, cancellation);
  await service.call('POST', `/admin/v1/payments/${paymentNumbers[1]}/transitions`, cancellation);
});
afterAll(() => service.close());

const get = async (path: string) => (await service.call('GET', `/admin/v1/${path}`)).body;
const orderNumbers = async (query: string): Promise<string[]> =>
  (await get(`orders${query}`)).items.map((order: { orderNumber: string }) => order.orderNumber);
const listedPayments = async (query: string): Promise<string[]> =>
  (await get(`payments${query}`)).items.map((payment: { paymentNumber: string }) => payment.paymentNumber);

test('a list is newest first, and its last page has no cursor', async () => {
  expect(await orderNumbers('')).toEqual(numbers);
  expect((await get('orders?limit=7')).nextCursor).toBeNull();
});

test('cursors lead through all pages and show each order once, even while new orders are placed', async () => {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: { orderNumber: string }[]; nextCursor: string | null } = await get(
      `orders?limit=3${cursor ? `&cursor=${cursor}` : ''}`,
    );
    expect(page.items.length).toBeLessThanOrEqual(3);
    seen.push(...page.items.map(({ orderNumber }) => orderNumber));
    cursor = page.nextCursor;
    if (seen.length === 3)
      await service.call('POST', '/admin/v1/orders', { body: { orderNumber: 'late', total: CNY('1.00') } });
  } while (cursor);
  expect(seen).toEqual(numbers);
});

test('orders are filtered by status and customer', async () => {
  expect(await orderNumbers('?status=cancelled')).toEqual([numbers[0]]);
  expect(await orderNumbers('?customerId=c-1')).toEqual(numbers.slice(-3));
  expect(await orderNumbers('?customerId=c-1&status=cancelled')).toEqual([]);
});

test('payments are filtered by status, gateway and order', async () => {
  expect(await listedPayments('?status=cancelled')).toEqual([paymentNumbers[1]]);
  expect(await listedPayments('?gateway=standard-webhooks')).toEqual(paymentNumbers);
  expect(await listedPayments('?gateway=alipay')).toEqual([]);
  expect(await listedPayments(`?orderNumber=${numbers[2]}`)).toEqual([paymentNumbers[2]]);
});

describe('filters by time, order, transaction and event', () => {
  const at = new Date('2026-11-20T08:00:00Z');
  const stored = (number: number, seconds: number, paymentNumber: string) => {
    const receivedAt = new Date(at.getTime() + seconds * 1_000);
    const notification = {
      kind: 'failed' as const,
      gateway: 'standard-webhooks',
      paymentNumber,
      transactionId: `transaction ${number}`,
      money: null,
      paidAt: null,
      reason: null,
      foreign: null,
      charged: null,
      refund: null,
      dispute: null,
    };
    const content = { keyId: 'k', headers: {}, body: Buffer.from('{}'), receivedAt, judgedAt: receivedAt };
    const receipt = { eventId: `event ${number}`, fingerprint: 'f', notification, ...content };
    return { receipt, outcome: 'recorded' as const, at: receivedAt, deliveries: 1 };
  };
  beforeAll(async () => {
    await service.memory.run(async (tx) => {
      const callbacks = [
        stored(1, 0, paymentNumbers[3]!),
        stored(2, 1, paymentNumbers[4]!),
        stored(3, 2, 'nowhere'),
      ];
      const repository = tx.of(CallbackRepository);
      const ids = await repository.reserveIds(callbacks.length);
      await repository.add(callbacks.map((callback, index) => ({ id: ids[index]!, ...callback })));
    });
  });
  const events = async (query: string): Promise<string[]> =>
    (await get(`callbacks?${query}`)).items.map(({ eventId }: { eventId: string }) => eventId);

  test('from is included, and to is not', async () => {
    expect(await events('from=2026-11-20T08:00:01Z')).toEqual(['event 3', 'event 2']);
    expect(await events('to=2026-11-20T08:00:01Z')).toEqual(['event 1']);
    expect(await events('from=2026-11-20T08:00:00.5Z&to=2026-11-20T08:00:02.000Z')).toEqual(['event 2']);
    expect(await events('from=2026-11-20T16:00:01%2B08:00&to=2026-11-20T16:00:02%2B08:00')).toEqual([
      'event 2',
    ]);
    expect(await events('from=2026-11-20T08:00:01Z&to=2026-11-20T08:00:01Z')).toEqual([]);
  });

  test('callbacks are filtered by event, transaction and order', async () => {
    expect(await events('eventId=event%202')).toEqual(['event 2']);
    expect(await events('transactionId=transaction%203')).toEqual(['event 3']);
    expect(await events(`orderNumber=${numbers[3]}`)).toEqual(['event 1']);
    expect(await events(`orderNumber=${numbers[3]}&eventId=event%202`)).toEqual([]);
  });

  test('every other list has its filters', async () => {
    expect(await orderNumbers(`?orderNumber=${numbers[2]}&from=2020-01-01T00:00:00Z`)).toEqual([numbers[2]]);
    for (const path of [
      'orders?to=2020-01-01T00:00:00Z',
      'orders?transactionId=t-0',
      'payments?to=2020-01-01T00:00:00Z',
      'payments?transactionId=t-0',
      'discrepancies?from=2099-01-01T00:00:00Z',
      'discrepancies?transactionId=t-0',
      'discrepancies?orderNumber=nobody',
      'rejections?from=2099-01-01T00:00:00Z',
    ])
      expect(await get(path)).toEqual({ items: [], nextCursor: null });
  });

  test('the OpenAPI document says that from is included and to is not', () => {
    for (const path of ['orders', 'payments', 'callbacks', 'discrepancies', 'rejections']) {
      const { parameters } = service.document.paths[`/admin/v1/${path}`]!.get!;
      const described = (parameters as { name: string; description?: string }[]).filter(({ name }) =>
        ['from', 'to'].includes(name),
      );
      expect(described.map(({ description }) => description)).toEqual([
        expect.stringContaining('this time or later'),
        expect.stringContaining('not included'),
      ]);
    }
  });
});

test('items of lists have no log and no history', async () => {
  const [order] = (await get('orders?status=cancelled')).items;
  const [payment] = (await get('payments')).items;
  expect([order, payment].map((item) => ['log' in item, 'statusHistory' in item])).toEqual([
    [false, false],
    [false, false],
  ]);
  expect(order.payments).toEqual([payment]);
  expect(await get(`payments/${paymentNumbers[0]}`)).toEqual({
    ...payment,
    refunded: expect.any(Object),
    refundable: expect.any(Object),
    refunds: [],
    disputes: [],
    log: expect.any(Array),
  });
  expect(await get(`orders/${numbers[0]}`)).toEqual({
    ...order,
    refunded: expect.any(Object),
    statusHistory: expect.any(Array),
  });
});

test('the log of a payment and the history of an order are lists, newest first', async () => {
  const { log } = await get(`payments/${paymentNumbers[1]}`);
  const newest = await get(`payments/${paymentNumbers[1]}/log?limit=1`);
  const older = await get(`payments/${paymentNumbers[1]}/log?limit=1&cursor=${newest.nextCursor}`);
  expect([...newest.items, ...older.items]).toEqual(log.toReversed());
  expect(older.nextCursor).toBeNull();
  const { statusHistory } = await get(`orders/${numbers[0]}`);
  expect(await get(`orders/${numbers[0]}/history`)).toEqual({ items: statusHistory, nextCursor: null });
  for (const path of ['payments/nowhere/log', 'orders/nowhere/history', 'payments/a%20b/log'])
    expect((await service.call('GET', `/admin/v1/${path}`)).status).toBe(404);
});

test('the pages of a timeline have all its items, each once, the newest page first', async () => {
  const path = `payments/${paymentNumbers[1]}/timeline`;
  const whole = await get(path);
  expect(whole).toMatchObject({ nextCursor: null, truncated: false, items: { length: 3 } });
  const newest = await get(`${path}?limit=2`);
  expect(newest).toMatchObject({ truncated: true, items: whole.items.slice(1) });
  const older = await get(`${path}?limit=2&cursor=${newest.nextCursor}`);
  expect(older).toEqual({ items: whole.items.slice(0, 1), nextCursor: null, truncated: false });
});

describe('a cursor', () => {
  const status = async (path: string) => {
    const answer = await service.call('GET', `/admin/v1/${path}`);
    return answer.status === 200 ? 200 : `${answer.status} ${answer.body.code}`;
  };
  const nextOf = async (path: string): Promise<string> => (await get(path)).nextCursor;

  test('is bound to its list and its filters, and not to the limit or to the order of the parameters', async () => {
    const from = 'from=2020-01-01T00:00:00Z';
    const cursor = await nextOf(`orders?limit=1&status=pending&${from}`);
    expect(await status(`orders?${from}&cursor=${cursor}&status=pending&limit=2`)).toBe(200);
    for (const other of ['', 'status=pending', 'status=paid', `${from}&status=pending&customerId=c-1`, from])
      expect(await status(`orders?${other}&cursor=${cursor}`)).toBe('422 bad_cursor');
    expect(await status(`payments?status=init&${from}&cursor=${cursor}`)).toBe('422 bad_cursor');
  });

  test('of every list is refused by every other list', async () => {
    const [order, payment] = [numbers[0]!, paymentNumbers[1]!];
    const paths = Object.entries(service.document.paths)
      .filter(([, { get: read }]) => JSON.stringify(read?.parameters)?.includes('"cursor"'))
      .map(([path]) => path.replace('/admin/v1/', ''))
      .map((path) =>
        path.replace('{orderNumber}', order).replace('{paymentNumber}', payment).replace('{id}', '1'),
      );
    expect(paths.length).toBeGreaterThanOrEqual(8);
    const cursors = [await nextOf('orders?limit=1'), await nextOf('payments?limit=1')];
    for (const path of paths.filter((each) => !['orders', 'payments'].includes(each)))
      for (const cursor of cursors)
        expect([path, await status(`${path}?cursor=${cursor}`)]).toEqual([path, '422 bad_cursor']);
    const ofPayment = await nextOf(`payments/${payment}/log?limit=1`);
    expect(await status(`payments/${payment}/log?cursor=${ofPayment}`)).toBe(200);
    expect(await status(`payments/${paymentNumbers[2]}/log?cursor=${ofPayment}`)).toBe('422 bad_cursor');
  });

  test('of release 0.5.0, or one that is no cursor, is refused with the advice to start again', async () => {
    for (const cursor of ['MQ', 'x', '%00', 'MQ==', ''])
      expect(await status(`orders?cursor=${cursor}`)).toBe('422 bad_cursor');
    const { body } = await service.call('GET', '/admin/v1/orders?cursor=MQ');
    expect(body.detail).toContain('Start again without a cursor');
    expect(body.errors).toEqual([{ field: 'cursor', message: expect.any(String) }]);
  });

  test('with the tag of its list and other content is refused', async () => {
    const refused = async (path: string, contents: readonly string[]) => {
      const tag = (await nextOf(`${path}?limit=1`)).slice(0, 8);
      for (const content of contents)
        expect([content, await status(`${path}?cursor=${tag}${content}`)]).toEqual([
          content,
          expect.stringMatching('422'),
        ]);
    };
    const longNumber = Buffer.from('9'.repeat(20)).toString('base64url');
    await refused('orders', ['', 'LTE', 'MDE', 'MQ==', longNumber, '%00']);
    const positions = [
      '',
      '1',
      '......',
      '1......2',
      '01......',
      '1:2......',
      '......5',
      '......5:x',
      '1.2.3.4.5.6.7:8.9',
    ];
    await refused(
      `payments/${paymentNumbers[1]}/timeline`,
      positions.map((text) => Buffer.from(text).toString('base64url')),
    );
  });
});

test('discrepancies are filtered by status, kind and payment', async () => {
  const paymentNumber = paymentNumbers[0]!;
  const opened = {
    kind: 'paid_twice' as const,
    gateway: 'standard-webhooks',
    paymentNumber,
    orderNumber: numbers[0]!,
    transactionId: 't-1',
    callbackId: null,
    details: { paid: '1.00 CNY' },
  };
  const amount = { amount: '1.00', currency: 'CNY' };
  const at = new Date('2026-11-23T08:00:00Z');
  await service.memory.run((tx) => tx.of(CaseRepository).open([{ ownsMoney: true, ...opened }], at));
  const view = {
    id: expect.any(String),
    status: 'open',
    openedAt: at.toISOString(),
    resolvedAt: null,
    resolution: null,
    resolvedBy: null,
    reference: null,
    reason: null,
    endedBy: null,
    assignee: null,
    dueBy: null,
    refundNumber: null,
    refunded: null,
    amount,
    allowedResolutions: expect.any(Array),
    ...opened,
  };
  for (const query of ['', '?status=open', '?kind=paid_twice', `?paymentNumber=${paymentNumber}`]) {
    expect((await get(`discrepancies${query}`)).items).toEqual([view]);
  }
  for (const query of ['?status=resolved', '?kind=foreign', '?paymentNumber=nobody']) {
    expect((await get(`discrepancies${query}`)).items).toEqual([]);
  }
});

test('rejections are listed with their reason, path, time and remote address', async () => {
  const rejection = { gateway: null, reason: 'path', path: '/callback/stripe', remoteAddress: '203.0.113.7' };
  const receivedAt = new Date('2026-11-23T08:00:00Z');
  service.memory.tables = { ...service.memory.tables, rejections: [{ id: '1', ...rejection, receivedAt }] };
  expect(await get('rejections')).toEqual({
    items: [{ ...rejection, receivedAt: receivedAt.toISOString() }],
    nextCursor: null,
  });
});

describe('an invalid query is answered 422, and the answer names the parameter', () => {
  test.each([
    ['limit', 'orders?limit=0'],
    ['limit', 'orders?limit=201'],
    ['limit', 'orders?limit=ten'],
    ['limit', 'orders?limit=1e1'],
    ['limit', 'orders?limit='],
    ['limit', 'orders?limit=5&limit=6'],
    ['cursor', 'rejections?cursor=x&cursor=x'],
    ['limit', 'orders/A/history?limit=201'],
    ['limit', 'payments/A/timeline?limit=201'],
    ['to', 'callbacks?from=2026-11-20T08:00:02Z&to=2026-11-20T08:00:01Z'],
    ['to', 'orders?from=2026-11-20T08:00:00%2B08:00&to=2026-11-19T23:59:59Z'],
    ['to', 'payments?from=2026-11-20T08:00:00.000002Z&to=2026-11-20T08:00:00.000001Z'],
    ['to', 'discrepancies?to=2026-11-19T08:00:00Z&from=2026-11-20T08:00:00Z'],
    ['to', 'rejections?from=9999-12-31T00:00:00Z&to=0001-01-01T00:00:00Z'],
    ['expand', 'orders/A?expand=payments'],
    ['limit', 'callbacks/1?limit=5'],
    ['status', 'orders?status=lost'],
    ['status', 'orders?status='],
    ['status', 'orders?status=paid&status=shipped'],
    ['customerId', 'orders?customerId=%00'],
    ['customerId', `orders?customerId=${'x'.repeat(65)}`],
    ['status', 'payments?status=paid'],
    ['orderNumber', 'payments?orderNumber=a%20b'],
    ['outcome', 'callbacks?outcome=lost'],
    ['paymentNumber', 'callbacks?paymentNumber=%ED%A0%80'],
    ['status', 'discrepancies?status=closed'],
    ['kind', 'discrepancies?kind=settled'],
    ...[
      '',
      'yesterday',
      '2026-11-26',
      '2026-11-26T08:00:00',
      '2026-11-26T08:00:00+08:00',
      '2026-11-26 08:00:00Z',
      '2026-02-30T08:00:00Z',
      '2026-13-01T08:00:00Z',
      '0000-01-01T00:00:00Z',
      '2026-11-26T24:00:00Z',
      '2026-11-26T08:00:60Z',
      '2026-11-26T08:00:00%2B15:00',
      '1764144000',
    ].map((time) => ['from', `orders?from=${time}`] as const),
    ['to', 'payments?to=2026-11-26'],
    ['to', 'callbacks?to=2026-11-26T08:00:00Z&to=2026-11-26T08:00:00Z'],
    ['from', 'discrepancies?from=now'],
    ['to', 'rejections?to=now'],
    ['orderNumber', 'orders?orderNumber=a%20b'],
    ['orderNumber', 'callbacks?orderNumber='],
    ['orderNumber', `discrepancies?orderNumber=${'x'.repeat(65)}`],
    ['transactionId', 'orders?transactionId='],
    ['transactionId', `payments?transactionId=${'x'.repeat(129)}`],
    ['transactionId', 'callbacks?transactionId=%00'],
    ['transactionId', 'discrepancies?transactionId=%20'],
    ['eventId', `callbacks?eventId=${'x'.repeat(301)}`],
    ['eventId', 'payments?eventId=e'],
    ['transactionId', 'rejections?transactionId=t'],
    ['statsu', 'orders?statsu=paid'],
    ['customerId[]', 'orders?customerId[]=c-1'],
  ])('%s in %s', async (field, path) => {
    const { status, body, headers } = await service.call('GET', `/admin/v1/${path}`);
    expect(status).toBe(422);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body.errors.map((fault: { field: string }) => fault.field)).toEqual([field]);
    expect(body.code).toBe('invalid');
  });

  test('an unknown parameter is told from those that the list has', async () => {
    const { body } = await service.call('GET', '/admin/v1/orders?state=paid');
    expect(body.errors).toEqual([
      {
        field: 'state',
        message:
          'is not a parameter of this request; it has status, customerId, orderNumber, transactionId, limit, cursor, from, to',
      },
    ]);
    const none = await service.call('GET', '/admin/v1/orders/A?state=paid');
    expect(none.body.detail).toBe('state: is not a parameter of this request; it has none');
  });

  test.each(['0', '201', '1.5', 'ten', ''])(
    'limit=%s has one message, which says what a limit is',
    async (limit) => {
      const { body } = await service.call('GET', `/admin/v1/orders?limit=${limit}`);
      expect(body.errors).toEqual([{ field: 'limit', message: 'must be a whole number from 1 to 200' }]);
    },
  );

  test('a range without end, or whose ends are equal, is not reversed', async () => {
    const at = '2026-11-20T08:00:00Z';
    for (const range of [`from=${at}`, `to=${at}`, `from=${at}&to=${at}`])
      expect((await service.call('GET', `/admin/v1/orders?${range}`)).status).toBe(200);
  });

  test.each(['__proto__', 'constructor', 'hasOwnProperty'])('%s is answered 400', async (name) => {
    expect((await service.call('GET', `/admin/v1/orders?${name}=1`)).status).toBe(400);
  });
});

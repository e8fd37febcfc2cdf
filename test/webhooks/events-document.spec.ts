import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { WebhookPublisher } from '../../src/adapters/webhooks/webhook-publisher.js';
import { CheckedTargets } from '../../src/adapters/webhooks/webhook-targets.js';
import { PUBLISHED_TYPES, type PublishedEvent } from '../../src/domain/events/published-event.js';
import { freePort } from '../free-port.js';

const TEXT = readFileSync('docs/reference/events.md', 'utf8');

test('the document has every event that is published', () => {
  const [, table = ''] = /## The events\n([\s\S]*?)\n## /.exec(TEXT) ?? [];
  const told = [...table.matchAll(/^\| ((?:`[\w.]+` ?)+) *\|/gm)].flatMap(([, types]) =>
    types!.match(/[\w.]+/g)!,
  );
  expect(told.toSorted()).toEqual([...PUBLISHED_TYPES].toSorted());
});

test('every link inside the document leads to a heading', () => {
  const headings = [...TEXT.matchAll(/^##+ (.*)$/gm)].map(([, title]) =>
    title!.toLowerCase().replaceAll(' ', '-'),
  );
  const links = [...TEXT.matchAll(/\]\(#([^)]+)\)/g)].map(([, link]) => link!);
  expect(links.filter((link) => !headings.includes(link))).toEqual([]);
});

describe('the receiver of the document', () => {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const folder = mkdtempSync(path.join(tmpdir(), 'receiver-'));
  const publisher = new WebhookPublisher(new CheckedTargets(true));
  let receiver: ChildProcess;
  let lines: Interface;
  let url: string;
  const written: string[] = [];

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}/hook`;
    const file = path.join(folder, 'receiver.mjs');
    writeFileSync(file, /```js\n([\s\S]*?)```/.exec(TEXT)![1]!);
    const env = { ...process.env, NODE_OPTIONS: '', WEBHOOK_SECRET: secret, PORT: String(port) };
    receiver = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    lines = createInterface({ input: receiver.stdout! });
    lines.on('line', (line) => written.push(line));
    await once(lines, 'line');
  });
  afterAll(async () => {
    publisher.close();
    receiver.kill();
    await once(receiver, 'exit');
    rmSync(folder, { recursive: true });
  });

  const send = (event: PublishedEvent, secrets = [secret]) =>
    publisher.publish(event, { subscriberId: '1', kind: 'webhook', url, secrets, headers: {} });
  const PAID: PublishedEvent = {
    id: 'evt_42',
    type: 'order.paid',
    at: new Date('2026-11-26T08:00:00Z'),
    data: {
      orderNumber: 'A-1',
      amount: { amount: '100.00', currency: 'CNY' },
      gateway: 'stripe',
      transactionId: 'pi_1',
    },
  };

  test('hears order.paid once with its amount, though it comes twice and with two signatures', async () => {
    const received = once(lines, 'line');
    expect(await send(PAID)).toEqual({ delivered: true, httpStatus: 204 });
    await received;
    const old = `whsec_${randomBytes(32).toString('base64')}`;
    expect(await send(PAID, [old, secret])).toEqual({ delivered: true, httpStatus: 204 });
    expect(written.slice(1)).toEqual(['A-1 is paid: {"amount":"100.00","currency":"CNY"}, stripe pi_1']);
  });

  test('refuses what is signed with another secret', async () => {
    const other = `whsec_${randomBytes(32).toString('base64')}`;
    expect(await send({ ...PAID, id: 'evt_43' }, [other])).toMatchObject({
      delivered: false,
      httpStatus: 401,
    });
  });
});

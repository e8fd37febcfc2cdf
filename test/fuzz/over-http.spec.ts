import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GATEWAYS, startService, type Service } from '../e2e/service.js';
import { sendHostile } from './over-http.js';

/** Others with every run, told by a failure. */
const seed = Date.now() & 0x7fff_ffff;

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

test.each(GATEWAYS)(
  '%s: whatever it signs is answered without a fault of ours, and what is acknowledged is in the inbox',
  async (gateway) => {
    const { sent, acknowledged } = await sendHostile(service, gateway, { inputs: 150, seed });
    expect(sent).toBe(150);
    expect(acknowledged).toBeGreaterThan(50);
  },
);

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sendHostile } from '../../tools/fuzz/over-http.js';
import { GATEWAYS, type Service, startService } from '../e2e/service.js';

/** Each run has other inputs. A failure shows the command that sends the input again. */
const seed = Date.now() & 0x7fff_ffff;

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

test.each(GATEWAYS)(
  '%s: a signed callback with hostile content is never answered with a 5xx, and is in the inbox if it was acknowledged',
  async (gateway) => {
    const { sent, acknowledged } = await sendHostile(service, gateway, { inputs: 150, seed });
    expect(sent).toBe(150);
    expect(acknowledged).toBeGreaterThan(50);
  },
);

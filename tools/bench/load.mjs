// The load generator, a separate process. It signs every callback before the measure starts, waits for its parent, sends the
// load, and reports the results.
import { once } from 'node:events';
import { closedLoop } from './closed-loop.mjs';
import { listRequests, readRequests } from './list-requests.mjs';
import { openLoop } from './open-loop.mjs';
import { placeRequests } from './place-requests.mjs';
import { signedRequests } from './signed-requests.mjs';

const LOOPS = { closed: closedLoop, open: openLoop };

const [plan] = await once(process, 'message');
const requests = await requestsOf(plan);
const go = once(process, 'message');
process.send('signed');
await go;
// Connections that are still open now do not matter.
process.send(await LOOPS[plan.loop](plan, requests), () => process.exit(0));

function requestsOf(plan) {
  if (plan.lists) return listRequests(plan);
  if (plan.reads) return readRequests(plan);
  return plan.place ? placeRequests(plan) : signedRequests(plan);
}

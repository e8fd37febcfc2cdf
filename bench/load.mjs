// The load generator, a process of its own so that its work is not the service's. It signs every callback before the
// clock starts, waits for its parent's word, puts the load on, and tells what it saw.
import { once } from 'node:events';
import { closedLoop } from './closed-loop.mjs';
import { openLoop } from './open-loop.mjs';
import { signedRequests } from './signed-requests.mjs';

const LOOPS = { closed: closedLoop, open: openLoop };

const [plan] = await once(process, 'message');
const requests = await signedRequests(plan);
const word = once(process, 'message');
process.send('signed');
await word;
// What is still open when a loop has ended is of no interest any more.
process.send(await LOOPS[plan.loop](plan, requests), () => process.exit(0));

// What unauthenticated clients do to the service while it works: wrong tokens, idle connections, and headers that are too large. It is a
// process of its own, so it does not delay the load generator. The message `{ port, seconds }` starts it; it answers with its counts.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const TOKENS_PER_SECOND = 5_000;
const TOKEN_CONNECTIONS = 64;
/** With the connections of the load generator this stays below the limit of the service, which would close the longest idle ones. */
const IDLE_CONNECTIONS = 2_400;
const LARGE_HEADERS_PER_SECOND = 50;
const LARGE_HEADERS = `GET / HTTP/1.1\r\nhost: localhost\r\nx-large: ${'x'.repeat(64 * 1024)}\r\n\r\n`;
const GUESS = 'GET /admin/v1/orders HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer guess-';
const STEP_MS = 5;

const counts = { refused: 0, statuses: {}, idle: 0, largeHeaders: 0 };
const [{ port, seconds }] = await once(process, 'message');
const guessers = await Promise.all(Array.from({ length: TOKEN_CONNECTIONS }, openGuesser));
for (let opened = 0; opened < IDLE_CONNECTIONS; opened += 100) await openIdle(100);
process.send('ready');
await once(process, 'message');
await attack();
process.send(counts);
process.disconnect();
setTimeout(() => process.exit(), 100);

async function attack() {
  const begun = performance.now();
  let guesses = 0;
  let large = 0;
  for (let now = begun; now < begun + seconds * 1000; now = performance.now()) {
    const elapsed = (now - begun) / 1000;
    for (const guesser of guessers) {
      if (guesses >= elapsed * TOKENS_PER_SECOND) break;
      if (guesser.guess(guesses)) guesses += 1;
    }
    for (; large < elapsed * LARGE_HEADERS_PER_SECOND; large += 1) sendLargeHeaders();
    await sleep(STEP_MS);
  }
}

/** A connection that has one wrong token at a time. */
async function openGuesser() {
  const socket = await open();
  let waits = false;
  socket.on('data', (data) => {
    for (const [, status] of data.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3})/g)) {
      counts.refused += 1;
      counts.statuses[status] = (counts.statuses[status] ?? 0) + 1;
      waits = false;
    }
  });
  return {
    guess(number) {
      if (waits || socket.destroyed) return false;
      waits = true;
      socket.write(`${GUESS}${number}\r\n\r\n`);
      return true;
    },
  };
}

async function openIdle(count) {
  await Promise.all(Array.from({ length: count }, open));
  counts.idle += count;
}

function sendLargeHeaders() {
  const socket = connect(port, '127.0.0.1', () => socket.write(LARGE_HEADERS));
  socket.on('error', () => undefined);
  socket.on('data', () => counts.largeHeaders++);
  socket.on('end', () => socket.destroy());
}

async function open() {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

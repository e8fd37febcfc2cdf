// One keep-alive connection with one request at a time. It does as little work as Node allows, because the generator shares
// the machine with the service.
import { connect } from 'node:net';

/** Calls `onAnswer(status)` after each request, and `onLost(error)` if the service ends the connection. */
export function openConnection({ port, onReady, onAnswer, onLost }) {
  let unread = '';
  let ended = false;
  const take = (size, buffer) => {
    unread += buffer.latin1Slice(0, size);
    const status = completeAnswer(unread);
    if (status !== null) {
      unread = '';
      onAnswer(status);
    }
    return true;
  };
  const onread = { buffer: Buffer.allocUnsafe(8192), callback: take };
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
  socket.once('connect', onReady);
  socket.on('error', (error) => onLost(error));
  socket.once('close', () => ended || onLost(new Error('the service closed a connection that was in use')));
  return {
    send: (request) => socket.write(request),
    end() {
      ended = true;
      socket.destroy();
    },
  };
}

/** The status of a complete answer, or null. The service sends the length of every body. */
function completeAnswer(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
  return text.length >= end + 4 + length ? Number(text.slice(9, 12)) : null;
}

// Answers every request at once without reading it. It shows how fast the load generator itself is.
import { createServer } from 'node:net';

const BODY = '{"received":true}';
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\nconnection: keep-alive';
const ANSWER = Buffer.from(`${HEAD}\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`);

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', () => socket.write(ANSWER));
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));

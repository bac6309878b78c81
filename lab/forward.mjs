// Lets those outside a network namespace talk to a port inside: passes what comes over a unix socket to the port on
// this side's loopback, and back. Its own process keeps the namespace alive. Ends when its stdin does.
//
//   node lab/forward.mjs SOCKET PORT

import { connect, createServer } from 'node:net';

const [socket, port] = process.argv.slice(2);
const server = createServer((outside) => {
  const inside = connect(Number(port), '127.0.0.1');
  outside.pipe(inside).pipe(outside);
  outside.on('error', () => inside.destroy());
  inside.on('error', () => outside.destroy());
});
server.listen(socket, () => process.stdout.write('ready\n'));
process.stdin.resume().on('end', () => process.exit());

// Lets those outside a network namespace talk to ports inside: passes what comes over each unix socket to the port on this
// side's loopback that is named after it, and back. Its own process keeps the namespace alive. Ends when its stdin does, and takes
// the sockets along, with their directory when nothing else is in it.
//
//   node lab/forward.mjs SOCKET PORT [SOCKET PORT]…

import { rmdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname } from 'node:path';

const words = process.argv.slice(2);
const pairs = words.filter((_, at) => at % 2 === 0).map((socket, at) => [socket, Number(words[2 * at + 1])]);
await Promise.all(pairs.map(forward));
process.stdout.write('ready\n');
process.stdin.resume().on('end', end);
// The terminal's Ctrl-C is for who started it.
process.on('SIGINT', () => {});

function forward([socket, port]) {
  const server = createServer((outside) => {
    const inside = connect(port, '127.0.0.1');
    outside.pipe(inside).pipe(outside);
    outside.on('error', () => inside.destroy());
    inside.on('error', () => outside.destroy());
  });
  return new Promise((resolve, reject) => server.once('error', reject).listen(socket, resolve));
}

function end() {
  for (const [socket] of pairs) rmSync(socket, { force: true });
  try {
    rmdirSync(dirname(pairs[0][0]));
  } catch {
    // Others are still there, or somebody was faster.
  }
  process.exit();
}

#!/usr/bin/env node
// Writes src/hypervisor/rpc/protocol.ts from libvirt's own description of its wire protocol.
//
//   apt-get source --download-only libvirt && tar xf libvirt_*.orig.tar.xz
//   node tools/libvirt/generate.mjs libvirt-9.0.0 [--check]
//
// The description is in rpcgen's language (RFC 4506, section 6): remote_protocol.x, virnetprotocol.x and
// virkeepaliveprotocol.x. Only the procedures listed below are written out, with the types they need. The numbers and
// layouts are libvirt's promise of compatibility and never change, so any later source gives the same lines and more.
// With --check nothing is written; it fails when the file in the repository differs.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseProtocol } from './parse.mjs';
import { writeProtocol } from './write.mjs';

/** What this program calls. A new call of the client starts with a name here. */
const PROCEDURES = [
  'CONNECT_OPEN',
  'CONNECT_CLOSE',
  'CONNECT_GET_VERSION',
  'CONNECT_GET_LIB_VERSION',
  'CONNECT_GET_CAPABILITIES',
  'CONNECT_LIST_ALL_DOMAINS',
  'CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY',
  'AUTH_LIST',
  'AUTH_POLKIT',
  'DOMAIN_LOOKUP_BY_NAME',
  'DOMAIN_GET_XML_DESC',
  'DOMAIN_GET_INFO',
  'DOMAIN_DEFINE_XML',
  'DOMAIN_CREATE_XML',
  'DOMAIN_CREATE',
  'DOMAIN_RESUME',
  'DOMAIN_SUSPEND',
  'DOMAIN_SHUTDOWN_FLAGS',
  'DOMAIN_DESTROY',
  'DOMAIN_UNDEFINE_FLAGS',
  'DOMAIN_OPEN_CONSOLE',
  'DOMAIN_GET_STATE',
  'DOMAIN_BLOCK_RESIZE',
  'DOMAIN_SNAPSHOT_CREATE_XML',
  'DOMAIN_LIST_ALL_SNAPSHOTS',
  'DOMAIN_REVERT_TO_SNAPSHOT',
  'DOMAIN_SNAPSHOT_DELETE',
  'DOMAIN_GET_JOB_STATS',
  'DOMAIN_ABORT_JOB',
  'DOMAIN_MIGRATE_BEGIN3_PARAMS',
  'DOMAIN_MIGRATE_PREPARE3_PARAMS',
  'DOMAIN_MIGRATE_PERFORM3_PARAMS',
  'DOMAIN_MIGRATE_FINISH3_PARAMS',
  'DOMAIN_MIGRATE_CONFIRM3_PARAMS',
];
const EVENTS = ['DOMAIN_EVENT_CALLBACK_LIFECYCLE'];
const FILES = ['src/rpc/virnetprotocol.x', 'src/rpc/virkeepaliveprotocol.x', 'src/remote/remote_protocol.x'];
/** Constants that the description takes from libvirt's public C headers (libvirt-host.h, libvirt-common.h). */
const EXTERNAL = {
  VIR_UUID_BUFLEN: 16,
  VIR_TYPED_PARAM_INT: 1,
  VIR_TYPED_PARAM_UINT: 2,
  VIR_TYPED_PARAM_LLONG: 3,
  VIR_TYPED_PARAM_ULLONG: 4,
  VIR_TYPED_PARAM_DOUBLE: 5,
  VIR_TYPED_PARAM_BOOLEAN: 6,
  VIR_TYPED_PARAM_STRING: 7,
};

const [source, flag] = process.argv.slice(2);
if (!source) {
  process.stderr.write('usage: generate.mjs <unpacked libvirt source> [--check]\n');
  process.exit(2);
}
const root = join(import.meta.dirname, '../..');
const output = join(root, 'src/hypervisor/rpc/protocol.ts');
const protocol = parseProtocol(FILES.map((file) => readFileSync(join(source, file), 'utf8')).join('\n'), EXTERNAL);
const draft = writeProtocol(protocol, { procedures: PROCEDURES, events: EVENTS, source: basename(resolve(source)) });
const text = execFileSync(join(root, 'node_modules/.bin/biome'), ['format', '--stdin-file-path=protocol.ts'], {
  cwd: root,
  input: draft,
  encoding: 'utf8',
});
if (flag !== '--check') writeFileSync(output, text);
else if (readFileSync(output, 'utf8') !== text) {
  process.stderr.write(`${output} is not what ${source} gives.\n`);
  process.exit(1);
}

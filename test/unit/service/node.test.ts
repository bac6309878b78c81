import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeCommand } from '../../../src/service/node/arguments.ts';
import { backUpNode } from '../../../src/service/node/backup.ts';
import { chooseNode, nodeName } from '../../../src/service/node/choose.ts';
import { nodeFailure } from '../../../src/service/node/failures.ts';
import { checkPorts, prepareNode } from '../../../src/service/node/prepare.ts';
import { findNodeProgram } from '../../../src/service/node/program.ts';
import { type NodeSettings, readNodeSettings, writeNodeSettings } from '../../../src/service/node/settings.ts';
import { loadSpecification, parseSpecification } from '../../../src/service/node/specification.ts';
import { homeFrom } from '../../../src/system/home.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logos-node-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const settings = (change: Partial<NodeSettings> = {}): NodeSettings => ({
  version: 1,
  role: 'validator',
  program: '/opt/logos-node',
  directory: join(directory, 'node'),
  name: 'home',
  port: 30_333,
  rpcPort: 9944,
  metricsPort: 9615,
  bootNodes: [],
  publicAddresses: [],
  ...change,
});

function specificationText(change: Record<string, unknown> = {}, code = '0x00'): string {
  const genesis = { raw: { top: { '0x3a636f6465': code }, childrenDefault: {} } };
  return JSON.stringify({ name: 'Test', id: 'test', chainType: 'Live', bootNodes: [], genesis, ...change });
}

test('the command line says what the settings say, each address with a flag of its own', () => {
  const command = nodeCommand(settings({ directory: '/srv/n', bootNodes: ['/a', '/b'], publicAddresses: ['/c'] }));
  expect(command[0]).toBe('/opt/logos-node');
  const line = command.join(' ');
  for (const part of [
    '--role validator',
    '--chain /srv/n/chain-spec.json',
    '--base-path /srv/n',
    '--node-key-file /srv/n/node-key',
    '--port 30333 --rpc-port 9944 --prometheus-port 9615',
    '--bootnodes /a --bootnodes /b --public-addr /c',
  ]) {
    expect(line).toContain(part);
  }
});

// As the node prints them.
describe('why a node ended is read from its last lines', () => {
  test.each([
    ['Error: genesis mismatch: the database holds the chain that begins with Some(0x28…)', 'node-other-chain'],
    ['2026 Available space 9MiB for path `/x` dropped below threshold: 1024MiB , terminating...', 'disk-full'],
    ['Error: Out of storage space: available 9MiB, required 1024MiB', 'disk-full'],
    ['Error: IO error: No space left on device (os error 28)', 'disk-full'],
    ['Error: Address already in use (os error 98)', 'port-taken'],
    ['Error: Backend error: Corruption: Bad metadata', 'node-database-damaged'],
    ['Error: State database error: Invalid metadata: An existing StateDb …', 'node-database-damaged'],
    ['   8: parity_db::file::TableFile::slice_at', 'node-database-damaged'],
    ['Error: Database file is in use. (Resource temporarily unavailable (os error 11))', 'node-directory-busy'],
    ['Error: Permission denied (os error 13)', 'permission-denied'],
    ["Error: Invalid input: the chain specification /x can't be read: …", 'spec-invalid'],
    ['something that nobody has seen yet', 'node-not-started'],
  ])('%s', (line, code) => {
    const error = nodeFailure(['2026 Logos node', line, '2026 ====='], settings());
    expect(error.code).toBe(code);
    expect(error.nextSteps.length).toBeGreaterThan(0);
  });
});

describe('a specification', () => {
  test.each([
    ['not JSON', 'x'],
    ['an empty object', '{}'],
    ['an id that leads out of the directory', specificationText({ id: '../etc' })],
    ['no raw state', specificationText({ genesis: { runtimeGenesis: {} } })],
    ['no runtime', specificationText({}, '')],
  ])('with %s is refused', (_, text) => {
    expect(() => parseSpecification(text, 'file')).toThrow(expect.objectContaining({ code: 'spec-invalid' }));
  });

  test('is another chain when its first state differs, and not when its name does', async () => {
    const place = (text: string): Promise<void> => prepareNode(settings(), parseSpecification(text, 'file'));
    await place(specificationText());
    await place(specificationText({ name: 'Other name' }));
    await expect(place(specificationText({}, '0x01'))).rejects.toMatchObject({ code: 'node-other-chain' });
  });

  test('that is not there, and the built-in one', async () => {
    await expect(loadSpecification(join(directory, 'none'))).rejects.toMatchObject({ code: 'file-unreadable' });
    expect((await loadSpecification('dev')).id).toBe('logos_dev');
  });
});

test('the network key is made once, for the owner only', async () => {
  const specification = parseSpecification(specificationText(), 'file');
  await prepareNode(settings(), specification);
  const path = join(directory, 'node/node-key');
  const key = await readFile(path, 'utf8');
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await prepareNode(settings(), specification);
  expect(await readFile(path, 'utf8')).toBe(key);
});

test('a taken port is named with its flag; the ones of the node itself are not taken', async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  );
  const wanted = settings({ rpcPort: port });
  try {
    await expect(checkPorts(wanted)).rejects.toMatchObject({
      code: 'port-taken',
      nextSteps: [expect.stringContaining('--rpc-port')],
    });
    await checkPorts(wanted, wanted);
  } finally {
    server.close();
  }
});

test('the program is the one that LOGOS_NODE names, if it is one', async () => {
  const steps = expect.arrayContaining([expect.stringContaining('npm run build:node')]);
  const missing = { code: 'node-missing', nextSteps: steps };
  await expect(findNodeProgram({ LOGOS_NODE: join(directory, 'none') })).rejects.toMatchObject(missing);
  const program = join(directory, 'logos-node');
  await writeFile(program, '', { mode: 0o644 });
  await expect(findNodeProgram({ LOGOS_NODE: program })).rejects.toMatchObject(missing);
  await writeFile(join(directory, 'runs'), '', { mode: 0o755 });
  expect(await findNodeProgram({ LOGOS_NODE: join(directory, 'runs') })).toBe(join(directory, 'runs'));
});

test('what the command line leaves out stays as it was', async () => {
  const home = homeFrom({ LOGOS_HOME: join(directory, 'home') });
  await writeFile(join(directory, 'runs'), '', { mode: 0o755 });
  process.env.LOGOS_NODE = join(directory, 'runs');
  try {
    await expect(chooseNode(home, {})).rejects.toMatchObject({ code: 'chain-not-chosen' });
    const file = join(directory, 'spec.json');
    await writeFile(file, specificationText());
    const first = await chooseNode(home, { chain: file, role: 'archive', name: 'n', rpcPort: 1234, bootNodes: ['/x'] });
    await prepareNode(first.settings, first.specification);
    await writeNodeSettings(home, first.settings);
    const second = await chooseNode(home, { port: 1235 });
    expect(second.settings).toEqual({ ...first.settings, port: 1235 });
    expect(second.specification.digest).toBe(first.specification.digest);
    expect(await readNodeSettings(home)).toEqual(first.settings);
  } finally {
    delete process.env.LOGOS_NODE;
  }
});

test('a backup holds the keys and the specification, and no database; it never goes over another', async () => {
  const node = settings();
  await prepareNode(node, parseSpecification(specificationText(), 'file'));
  const target = join(directory, 'backup');
  expect((await backUpNode(node, target)).sort()).toEqual(['chain-spec.json', 'node-key']);
  expect((await stat(target)).mode & 0o777).toBe(0o700);
  await expect(backUpNode(node, target)).rejects.toMatchObject({ code: 'target-exists' });
});

test("a host's name becomes one that a node takes", () => {
  expect(nodeName('pc.example.org')).toBe('pc-example-org');
  expect(nodeName('')).toBe('logos');
  expect(nodeName('x'.repeat(100))).toHaveLength(63);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChainDatabase, STATE_HISTORY } from '../../../src/chain/dev/database.ts';
import type { Hex } from '../../../src/chain/dev/hex.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logos-database-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const hash = (number: number): Hex => `0x${number.toString(16).padStart(64, '0')}`;
const value = (number: number): Uint8Array => Buffer.from(number.toString(16).padStart(8, '0'), 'hex');
const block = (number: number) => ({ number, hash: hash(number), header: '0x00' as Hex, extrinsics: ['0x01' as Hex] });

function append(database: ChainDatabase, number: number): void {
  database.append(block(number), new Map([['0x01', value(number)]]), new Map([['0x01', value(number - 1)]]));
}

/** The state must be that of the head: half a block would show here. */
function expectWhole(database: ChainDatabase): number {
  const number = database.head()?.number ?? -1;
  expect(Buffer.from(database.state().get('0x01') ?? [])).toEqual(value(number));
  if (number > 0) expect(database.undo(number)?.get('0x01')).toEqual(value(number - 1));
  return number;
}

describe('the chain on disk', () => {
  it('is there again after it was closed', () => {
    const first = ChainDatabase.open(directory);
    expect(first.head()).toBeUndefined();
    first.initialize({ ...block(0), extrinsics: [] }, new Map([['0x01', value(0)]]));
    append(first, 1);
    first.setNote('a', 'b');
    first.close();
    const second = ChainDatabase.open(directory);
    expect(expectWhole(second)).toBe(1);
    expect(second.blockByHash(hash(1))).toEqual(block(1));
    expect(second.blockByNumber(2)).toBeUndefined();
    expect(second.note('a')).toBe('b');
    second.close();
  });

  it('keeps how to take back the last blocks only', () => {
    const database = ChainDatabase.open(directory);
    database.initialize(block(0), new Map([['0x01', value(0)]]));
    for (let number = 1; number <= STATE_HISTORY + 10; number += 1) append(database, number);
    expect(database.undo(10)).toBeUndefined();
    expect(database.undo(11)?.get('0x01')).toEqual(value(10));
    expect(database.undo(STATE_HISTORY + 11)).toBeUndefined();
    database.close();
  });

  it('takes a block whole or not at all', () => {
    const database = ChainDatabase.open(directory);
    database.initialize(block(0), new Map([['0x01', value(0)]]));
    const twice = { ...block(1), hash: hash(0) };
    expect(() => database.append(twice, new Map([['0x01', value(1)]]), new Map())).toThrow();
    expect(expectWhole(database)).toBe(0);
    append(database, 1);
    expect(expectWhole(database)).toBe(1);
    database.close();
  });

  it('loses nothing that was announced when its process is killed at any moment', async () => {
    let announced = 0;
    for (const delay of [5, 20, 45]) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'append-child.ts'), directory], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.on('data', (data: Buffer) => {
        output += data.toString();
      });
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill('SIGKILL');
      await once(child, 'close');
      announced = Math.max(announced, ...output.split('\n').slice(0, -1).map(Number));
      const database = ChainDatabase.open(directory);
      expect(expectWhole(database)).toBeGreaterThanOrEqual(announced);
      database.close();
    }
    expect(announced).toBeGreaterThan(2);
  });

  it('goes back to a whole block when the log was torn at any byte', async () => {
    const database = ChainDatabase.open(directory);
    database.initialize(block(0), new Map([['0x01', value(0)]]));
    for (let number = 1; number <= 5; number += 1) append(database, number);
    const torn = `${directory}-torn`;
    const size = (await readFile(join(directory, 'chain.sqlite-wal'))).length;
    const heights = new Set<number>();
    for (let cut = 0; cut <= 20; cut += 1) {
      await rm(torn, { recursive: true, force: true });
      await cp(directory, torn, { recursive: true });
      await truncate(join(torn, 'chain.sqlite-wal'), size - Math.floor((size * cut) / 40));
      const reopened = ChainDatabase.open(torn);
      if (reopened.head() !== undefined) heights.add(expectWhole(reopened));
      reopened.close();
    }
    expect(Math.max(...heights)).toBe(5);
    expect(Math.min(...heights)).toBeLessThan(5);
    await rm(torn, { recursive: true, force: true });
    database.close();
  });

  it('belongs to one process at a time', () => {
    const database = ChainDatabase.open(directory);
    database.initialize(block(0), new Map());
    expect(() => ChainDatabase.open(directory)).toThrow(expect.objectContaining({ code: 'chain-directory-busy' }));
    database.close();
    ChainDatabase.open(directory).close();
  });

  it('of the version before is brought up to date, once', () => {
    mkdirSync(directory, { recursive: true });
    const path = join(directory, 'chain.sqlite');
    const old = new DatabaseSync(path);
    old.exec(`CREATE TABLE state (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
      CREATE TABLE block (number INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, header BLOB NOT NULL,
        extrinsics TEXT NOT NULL, undo TEXT);
      CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
      INSERT INTO state VALUES (x'01', x'00000001');
      INSERT INTO block VALUES (0, '${hash(0)}', x'00', '[]', '[]');
      INSERT INTO block VALUES (1, '${hash(1)}', x'00', '["0x01"]', '[["0x01","0x00000000"],["0x02",null]]');`);
    old.close();
    for (let opened = 0; opened < 2; opened += 1) {
      const database = ChainDatabase.open(directory);
      expect(expectWhole(database)).toBe(1);
      expect(database.undo(1)?.get('0x02')).toBeNull();
      expect(database.state().size).toBe(1);
      database.close();
    }
  });

  it('of a newer program is left alone', () => {
    ChainDatabase.open(directory).close();
    const newer = new DatabaseSync(join(directory, 'chain.sqlite'));
    newer.exec('PRAGMA user_version=99');
    newer.close();
    expect(() => ChainDatabase.open(directory)).toThrow(expect.objectContaining({ code: 'chain-state-newer' }));
  });

  it('that is no database is named, and left as it is', async () => {
    const path = join(directory, 'chain.sqlite');
    await writeFile(path, 'not a database, but long enough to be taken for one'.repeat(40));
    expect(() => ChainDatabase.open(directory)).toThrow(expect.objectContaining({ code: 'chain-state-damaged' }));
    expect(await readFile(path, 'utf8')).toContain('not a database');
  });
});

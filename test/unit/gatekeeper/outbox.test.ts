import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openOutbox } from '../../../src/gatekeeper/outbox/index.ts';
import { writeWaiting } from '../../../src/gatekeeper/outbox/waiting.ts';
import { type NativeRequest, nativeRequest } from '../../../src/gatekeeper/request.ts';
import { temporaryHome } from './world.ts';

const SCOPE = { account: 'alice', genesis: `0x${'11'.repeat(32)}` };

function wish(number: number, scope = SCOPE): NativeRequest {
  const origin = { source: 'command', uid: 1000 } as const;
  const expires = number % 2 === 0 ? 2_000_000_000_000 : undefined;
  return nativeRequest({ kind: 'leave', payload: { number }, origin, nonce: `${number}`, expires }, scope);
}

async function directory(): Promise<string> {
  const { gatekeeper } = await temporaryHome();
  await mkdir(gatekeeper, { recursive: true });
  return gatekeeper;
}

function ids(requests: readonly NativeRequest[]): string[] {
  return requests.map(({ id }) => id);
}

describe('the outbox', () => {
  it('keeps what waits over lives, in the order in which it came, with all that it says', async () => {
    const path = await directory();
    const requests = Array.from({ length: 50 }, (_, number) => wish(number));
    const first = await openOutbox(path);
    await Promise.all(requests.map((request, index) => first.put(request, 50 - index)));
    await first.put(requests[3] as NativeRequest, 99);
    await Promise.all(requests.slice(10, 20).map(({ id }) => first.remove(id)));
    first.close();
    const second = await openOutbox(path);
    const kept = [...requests.slice(0, 10), ...requests.slice(20)];
    expect(await second.waiting(SCOPE)).toEqual(kept);
    expect([second.size, second.has(kept[0]?.id ?? ''), second.has(requests[15]?.id ?? '')]).toEqual([40, true, false]);
    second.close();
  });

  it('gives each account and chain its own', async () => {
    const outbox = await openOutbox(await directory());
    const scopes = [SCOPE, { ...SCOPE, account: 'bob' }, { ...SCOPE, genesis: `0x${'22'.repeat(32)}` }];
    await Promise.all(scopes.map((scope) => outbox.put(wish(1, scope), 0)));
    for (const scope of scopes) expect(ids(await outbox.waiting(scope))).toEqual([wish(1, scope).id]);
    outbox.close();
  });

  it('is on disk when `put` resolves: another process that opens it then finds it', async () => {
    const path = await directory();
    const outbox = await openOutbox(path);
    const unwritten = outbox.put(wish(1), 0);
    expect([outbox.has(wish(1).id), outbox.size]).toEqual([true, 1]);
    const other = new DatabaseSync(join(path, 'outbox.sqlite'), { readOnly: true });
    const count = () => other.prepare('SELECT count(*) AS many FROM waiting').get()?.many;
    expect(count()).toBe(0);
    await Promise.all([unwritten, outbox.put(wish(1), 0)]);
    expect(count()).toBe(1);
    other.close();
    outbox.close();
  });

  it('commits what comes at once together', async () => {
    const path = await directory();
    const outbox = await openOutbox(path);
    const began = performance.now();
    await Promise.all(Array.from({ length: 5_000 }, (_, number) => outbox.put(wish(number), 0)));
    expect(performance.now() - began).toBeLessThan(5_000);
    expect((await openOutbox(path)).size).toBe(5_000);
    outbox.close();
  });

  it('is for its owner only', async () => {
    const path = await directory();
    await chmod(path, 0o755);
    const outbox = await openOutbox(path);
    await outbox.put(wish(1), 0);
    const names = (await readdir(path)).filter((name) => name.startsWith('outbox.sqlite'));
    expect(names.length).toBeGreaterThan(1);
    for (const name of names) expect((await stat(join(path, name))).mode & 0o777).toBe(0o600);
    outbox.close();
  });

  it('never gives out what is not what its id says, and sets it aside', async () => {
    const path = await directory();
    const outbox = await openOutbox(path);
    await Promise.all([wish(1), wish(2), wish(3)].map((request) => outbox.put(request, 0)));
    const db = new DatabaseSync(join(path, 'outbox.sqlite'));
    db.prepare('UPDATE waiting SET request = replace(request, \'"number":2\', \'"number":7\')').run();
    db.prepare('UPDATE waiting SET request = ? WHERE id = ?').run('{"format":1', wish(3).id);
    expect(ids(await outbox.waiting(SCOPE))).toEqual([wish(1).id]);
    expect([outbox.size, outbox.has(wish(2).id)]).toEqual([1, false]);
    const aside = db.prepare('SELECT id FROM damaged ORDER BY id').all();
    expect(aside.map(({ id }) => id)).toEqual([wish(2).id, wish(3).id].sort());
    db.close();
    outbox.close();
  });

  it('takes over what waits in the files of an earlier version, once', async () => {
    const path = await directory();
    const old = join(path, 'outbox');
    await mkdir(old);
    for (const [number, since] of [
      [1, 2_000],
      [3, 1_000],
      [5, 3_000],
    ] as const) {
      await writeFile(join(old, `${wish(number).id}.json`), writeWaiting(wish(number), since));
    }
    await writeFile(join(old, `${wish(7).id}.json`), writeWaiting(wish(9), 0));
    const outbox = await openOutbox(path);
    expect(ids(await outbox.waiting(SCOPE))).toEqual([wish(3).id, wish(1).id, wish(5).id]);
    expect(await readdir(old)).toEqual([`${wish(7).id}.damaged`]);
    await outbox.remove(wish(3).id);
    outbox.close();
    const again = await openOutbox(path);
    expect(ids(await again.waiting(SCOPE))).toEqual([wish(1).id, wish(5).id]);
    again.close();
  });

  it('says what to do about a database that is none', async () => {
    const path = await directory();
    await writeFile(
      join(path, 'outbox.sqlite'),
      'no database at all, but a text that is long enough to be read as one',
    );
    await expect(openOutbox(path)).rejects.toMatchObject({ code: 'state-damaged' });
  });
});

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Struck, strikeAll, strikesOfAllPhases } from '../../lab/region/faults.ts';
import { type RegionLab, startRegionLab } from '../../lab/region/operator.ts';
import { regionServersLack } from '../../lab/region/servers.ts';

/** A run is broken off in every phase, in one way or another; the same command ends what is left, and goes on. */
const SERVERS = 4;
const PLATFORM = join(import.meta.dirname, '../../iac/ansible');

const lack = await regionServersLack();
let lab: RegionLab;
let platform: string;
let struck: Struck[];

beforeAll(async () => {
  if (lack !== undefined) return;
  // A copy: an edit of the tree meanwhile would begin the region anew.
  platform = await mkdtemp(join(tmpdir(), 'logos-platform-'));
  await cp(PLATFORM, platform, { recursive: true });
  lab = await startRegionLab(SERVERS, platform);
});

afterAll(async () => {
  await lab?.close();
  if (platform !== undefined) await rm(platform, { recursive: true, force: true });
});

beforeEach((context) => {
  if (lack !== undefined) context.skip(lack);
});

describe('a region whose making is broken off', () => {
  it('is struck in every phase', async () => {
    struck = await strikeAll(lab, strikesOfAllPhases(), ({ phase, fault, code, missed }) => {
      process.stdout.write(`${phase}: ${fault}, ${missed ? 'too late' : `exit code ${code}`}\n`);
    });
    expect(struck.filter(({ missed }) => missed)).toEqual([]);
    // Killed, or ended by itself with an error; none has come to a good end.
    expect(struck.filter(({ code }) => code === 0 || code === undefined)).toEqual([]);
  });

  it('is whole after the same command, and left as it is by one more', async () => {
    expect((await lab.bootstrap()).at(-1)).toMatchObject({ ok: true });
    const lines = await lab.bootstrap();
    expect(lines.filter(({ detail }) => (detail as { status?: string } | undefined)?.status === 'changed')).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ ok: true, changed: 0 });
  });
});

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DeploymentProposal, VerifiedChain } from '../../../../src/chain/index.ts';
import { refuseOther } from '../../../../src/region/index.ts';
import { namedByChain, namedByDigest } from '../../../../src/service/region/named.ts';
import { openRegion } from '../../../../src/service/region/open.ts';
import { keepRecord } from '../../../../src/service/region/propose.ts';
import { type Home, homeFrom } from '../../../../src/system/home.ts';
import { written } from '../../region/region-world.ts';

let home: Home;
let region: Awaited<ReturnType<typeof openRegion>>;
const tree = () => join(home.root, 'tree');

beforeEach(async () => {
  home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-named-')) });
  await mkdir(join(tree(), 'phases'), { recursive: true });
  await writeFile(join(tree(), 'phases/base.yml'), '[]');
  await writeFile(join(home.root, 'berlin.yaml'), JSON.stringify(written()));
  region = await openRegion(join(home.root, 'berlin.yaml'), tree());
  await keepRecord(home, region);
});

afterEach(() => rm(home.root, { recursive: true, force: true }));

/** A chain with these proposals, of which `current` was applied. */
function chain(proposals: readonly DeploymentProposal[], current?: DeploymentProposal): VerifiedChain {
  const view = { height: 9, from: async () => [...proposals], current: async () => current };
  return { deployments: async () => view } as unknown as VerifiedChain;
}

function proposal(change: Partial<DeploymentProposal> = {}): DeploymentProposal {
  return {
    id: 1n,
    author: 'author',
    change: { target: 'region/platform-berlin', closure: region.record.digest, size: region.record.archive.length },
    status: 'approved',
    approvals: ['other'],
    threshold: 1,
    proposedAt: 1,
    deadline: 100,
    ...change,
  } as DeploymentProposal;
}

it('takes the record that others approved, and compares it file by file', async () => {
  const { record, by } = await namedByChain(home, chain([proposal()]), 'berlin');
  expect(by).toBe('chain');
  expect(() => refuseOther(record, region.record)).not.toThrow();
  await writeFile(join(tree(), 'phases/base.yml'), '[ ]');
  const changed = await openRegion(join(home.root, 'berlin.yaml'), tree());
  expect(() => refuseOther(record, changed.record)).toThrow('platform phases/base.yml was changed');
});

it.each<[string, Partial<DeploymentProposal>]>([
  ['is not approved yet', { status: 'proposed' }],
  ['only its author approved', { approvals: ['author'] }],
  [
    'is for another region',
    { change: { target: 'region/platform-paris', closure: 'a', size: 1 } as DeploymentProposal['change'] },
  ],
])('takes none that %s', async (_, change) => {
  await expect(namedByChain(home, chain([proposal(change)]), 'berlin')).rejects.toMatchObject({
    code: 'region-not-on-chain',
    exitCode: 3,
  });
});

it('takes what is there when nothing follows it', async () => {
  const applied = proposal({ status: 'applied' });
  const { record } = await namedByChain(home, chain([applied], applied), 'berlin');
  expect(typeof record === 'string' ? record : record.digest).toBe(region.record.digest);
});

it('has a digest alone where the record can’t be had', async () => {
  const other = 'f'.repeat(64);
  expect(await namedByDigest(home, other)).toEqual({ record: other, by: 'flag' });
  const { record } = await namedByDigest(home, region.record.digest);
  expect(typeof record).toBe('object');
});

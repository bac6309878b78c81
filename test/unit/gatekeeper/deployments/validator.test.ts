import { describe, expect, it } from 'vitest';
import type { DeploymentProposal } from '../../../../src/chain/index.ts';
import { readSeedFile } from '../../../../src/chain/index.ts';
import { type Closure, deploymentValidator, packClosure, parseDvciRules } from '../../../../src/gatekeeper/index.ts';
import { parseDemand } from '../../../../src/gatekeeper/payload.ts';
import type { RequestKind } from '../../../../src/gatekeeper/request.ts';
import type { Asked } from '../../../../src/gatekeeper/validate.ts';
import { builtInLibraries } from '../../../../src/service/index.ts';
import { ExternalError } from '../../../../src/system/errors.ts';
import { deploymentFiles } from './deployment-files.ts';

const libraries = builtInLibraries();
const dvci = parseDvciRules(readSeedFile('network/dvci-rules.json'));
const ONE = packClosure(deploymentFiles({ version: '1.0.0' }));
const TWO = packClosure(deploymentFiles({ version: '2.0.0' }));
const ALIEN = packClosure(deploymentFiles({ version: '3.0.0', target: 'region/other' }));
const BAD = packClosure(deploymentFiles({ version: '4.0.0' }, { 'ansible.cfg': '[defaults]\n' }));

function proposalOf(closure: Closure, over: Partial<DeploymentProposal> = {}): DeploymentProposal {
  const change = { target: 'region/base', closure: closure.digest, size: closure.archive.length };
  const rest = { status: 'proposed' as const, approvals: [], threshold: 1, proposedAt: 1, deadline: 99 };
  return { id: 7n, author: 'bob', change, ...rest, ...over };
}

/** Asks the validator of a gatekeeper that has these archives. */
function ask(
  kind: RequestKind,
  payload: object,
  {
    current,
    proposal,
    stored = [ONE, TWO, ALIEN, BAD],
  }: { current?: DeploymentProposal; proposal?: DeploymentProposal; stored?: Closure[] } = {},
) {
  const validator = deploymentValidator({
    deployment: {
      view: async () => ({ height: 1, from: async () => [], current: async () => current }),
      proposal: async (id) => (id === proposal?.id ? proposal : undefined),
    },
    artifacts: {
      fetch: async ({ digest, size }) => {
        const found = stored.find((closure) => closure.digest === digest && closure.archive.length === size);
        if (found === undefined) throw new ExternalError('artifact-unavailable', 'no mirror has it');
        return found.archive;
      },
    },
    libraries: async () => libraries,
    dvci: async () => dvci,
    accepted: async () => ['ansible/*'],
    account: 'alice',
  });
  const demand = parseDemand(kind, payload);
  return validator.validate({ demand } as Asked, new AbortController().signal);
}

const propose = (closure: Closure, over: object = {}) => ({
  target: 'region/base',
  closure: closure.digest,
  size: closure.archive.length,
  waitBlocks: 100,
  ...over,
});
const refused = (reason: string) =>
  expect.objectContaining({ code: 'deployment-refused', message: expect.stringContaining(reason) });
const code = (name: string) => expect.objectContaining({ code: name });

describe('what may be proposed', () => {
  it('is a closure that is here, checked, for the target that it names, above what is there', async () => {
    await ask('propose-deployment', propose(ONE));
    await ask('propose-deployment', propose(TWO, { replaces: ONE.digest }), { current: proposalOf(ONE) });
  });

  it('is nothing else', async () => {
    const current = proposalOf(TWO, { status: 'applied' });
    await expect(ask('propose-deployment', propose(ONE), { stored: [] })).rejects.toEqual(code('artifact-unavailable'));
    await expect(ask('propose-deployment', propose(ONE, { size: 512 }))).rejects.toEqual(code('artifact-unavailable'));
    await expect(ask('propose-deployment', propose(ALIEN))).rejects.toEqual(refused('target-other'));
    await expect(ask('propose-deployment', propose(BAD))).rejects.toEqual(refused('settings-forbidden'));
    await expect(ask('propose-deployment', propose(ONE, { replaces: TWO.digest }), { current })).rejects.toEqual(
      refused('version-not-above'),
    );
    await expect(ask('propose-deployment', propose(TWO), { current })).rejects.toEqual(code('proposal-superseded'));
    await expect(ask('propose-deployment', propose(ONE, { replaces: TWO.digest }))).rejects.toEqual(
      code('proposal-superseded'),
    );
  });
});

describe('what may be approved', () => {
  const approve = (closure: Closure) => ({ proposal: '7', closure: closure.digest });

  it('is the proposal of another, of the closure that was looked at, checked anew', async () => {
    await ask('approve-deployment', approve(ONE), { proposal: proposalOf(ONE) });
  });

  it('is nothing else', async () => {
    const own = proposalOf(ONE, { author: 'alice' });
    await expect(ask('approve-deployment', approve(ONE))).rejects.toEqual(code('proposal-unknown'));
    await expect(ask('approve-deployment', approve(TWO), { proposal: proposalOf(ONE) })).rejects.toEqual(
      code('proposal-other'),
    );
    await expect(ask('approve-deployment', approve(ONE), { proposal: own })).rejects.toEqual(code('proposal-own'));
    await expect(ask('approve-deployment', approve(BAD), { proposal: proposalOf(BAD) })).rejects.toEqual(
      refused('settings-forbidden'),
    );
    await expect(ask('approve-deployment', approve(ALIEN), { proposal: proposalOf(ALIEN) })).rejects.toEqual(
      refused('target-other'),
    );
    const current = proposalOf(TWO, { status: 'applied' });
    await expect(ask('approve-deployment', approve(ONE), { proposal: proposalOf(ONE), current })).rejects.toEqual(
      code('proposal-superseded'),
    );
  });

  it.each(['reject-deployment', 'withdraw-deployment', 'expire-deployment'] as const)(
    '%s needs a proposal that there is',
    async (kind) => {
      await ask(kind, { proposal: '7' }, { proposal: proposalOf(ONE) });
      await expect(ask(kind, { proposal: '8' }, { proposal: proposalOf(ONE) })).rejects.toEqual(
        code('proposal-unknown'),
      );
    },
  );
});

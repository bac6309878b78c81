import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admittedKinds, bootstrapDefinition, parseGatekeeperDefinition } from '../../../src/gatekeeper/definition.ts';
import { REQUEST_KINDS } from '../../../src/gatekeeper/request.ts';
import { isAtLeast } from '../../../src/gatekeeper/version.ts';
import { cases } from '../../cases.ts';
import { SEED } from './world.ts';

type Tree = { [key: string]: Tree } & { [index: number]: Tree };
const good = await readFile(SEED, 'utf8');
const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

/** The seed with one change. */
function changed(change: (it: Tree) => void): Uint8Array {
  const tree = JSON.parse(good) as Tree;
  change(tree);
  return bytes(tree);
}

const set = (path: string, value: unknown) => (tree: Tree) => {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce((at, key) => at[key] as Tree, tree);
  (parent as Record<string, unknown>)[last] = value;
};

describe('gatekeeper definition', () => {
  it('of the seed is one, and admits all kinds', () => {
    const definition = parseGatekeeperDefinition(bytes(good), { programVersion: '0.1.0' });
    expect(definition.version).toBe('1.2.0');
    expect(admittedKinds(definition)).toHaveLength(REQUEST_KINDS.length);
  });

  it.each<[string, Uint8Array]>([
    ['nothing', bytes('')],
    ['not JSON', bytes('version: 1')],
    ['an array', bytes('[]')],
    ['another format', changed(set('format', 'main-gatekeeper'))],
    ['a newer format', changed(set('formatVersion', 2))],
    ['an unknown key', changed(set('onStart', 'rm -rf /'))],
    ['an unknown request kind', changed(set('requests.exec', { origins: [] }))],
    ['a role without access', changed(set('requests.leave.role', { name: 'operators' }))],
    ['a role of another kind of access', changed(set('requests.leave.role', { name: 'operators', access: 'owner' }))],
    ['a compliance that is no truth value', changed(set('requests.run-command.compliant', 'no'))],
    ['a message of another kind', changed(set('requests.approve-deployment.message', 'reject'))],
    ['a version that leaves its directory', changed(set('version', '../../1.0.0'))],
    ['a version with a new line', changed(set('version', '1.0.0\n'))],
    ['a claim that is told as a report', changed(set('requests.claim-operation.message', 'complete'))],
    ['a message of the registry', changed(set('requests.leave.message', 'set_code'))],
    ['a section that is a path', changed(set('requests.leave.section', '../compute-section-1'))],
    ['no origin at all', changed(set('requests.join.origins', []))],
    ['an unknown origin', changed(set('requests.join.origins', [{ source: 'network', who: 'anyone' }]))],
    ['an origin without a rule', changed(set('requests.join.origins', [{ source: 'command' }]))],
    ['an unknown operation', changed(set('operations.accept', ['start-dvm', 'run-shell']))],
    ['a poll without a pause', changed(set('poll.intervalMs', 0))],
    ['a fraction of a millisecond', changed(set('poll.intervalMs', 600.5))],
    ['a wait that is not a number', changed(set('poll.intervalMs', '6000'))],
    ['a gap above the interval', changed(set('poll.minimumGapMs', 7000))],
    ['retries without end', changed(set('retry.attempts', 1e9))],
    ['back-off upside down', changed(set('retry.maximumMs', 100))],
    ['an outbox without end', changed(set('limits.pendingRequests', 1e308))],
    ['a key twice', bytes(good.replace('"format":', '"version": "9.9.9", "format":'))],
    ['a prototype', bytes(good.replace('"format":', '"__proto__": {"version": "9.9.9"}, "format":'))],
    ['too many bytes', bytes(good + ' '.repeat(70_000))],
    ['broken UTF-8', Uint8Array.of(...bytes(good), 0xff)],
  ])('that is or has %s is refused', (_, hostile) => {
    expect(() => parseGatekeeperDefinition(hostile)).toThrow(
      expect.objectContaining({
        code: 'gatekeeper-definition-invalid',
        nextSteps: [expect.stringMatching(/operator/)],
      }),
    );
  });

  it('is never anything but refused or whole, whatever byte is changed', () => {
    const original = bytes(good);
    fc.assert(
      fc.property(fc.nat({ max: original.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const copy = Uint8Array.from(original);
        copy[at] = byte;
        try {
          expect(admittedKinds(parseGatekeeperDefinition(copy)).length).toBeLessThanOrEqual(REQUEST_KINDS.length);
        } catch (error) {
          expect(error).toMatchObject({ code: 'gatekeeper-definition-invalid' });
        }
      }),
      { numRuns: cases(400) },
    );
  });

  it('for a newer program says which', () => {
    const newer = changed(set('minimumProgramVersion', '0.2.0'));
    expect(() => parseGatekeeperDefinition(newer, { programVersion: '0.1.9' })).toThrow(
      expect.objectContaining({ code: 'program-too-old', message: expect.stringContaining('0.2.0') }),
    );
    expect(parseGatekeeperDefinition(newer, { programVersion: '0.2.0' }).version).toBe('1.2.0');
  });

  it('that is built in admits joining only, and is a valid one', () => {
    expect(admittedKinds(bootstrapDefinition())).toEqual(['join']);
    expect(parseGatekeeperDefinition(bytes(bootstrapDefinition()))).toEqual(bootstrapDefinition());
  });
});

describe('versions', () => {
  it.each([
    ['1.2.3', '1.2.3', true],
    ['1.2.10', '1.2.9', true],
    ['1.10.0', '1.9.9', true],
    ['2.0.0', '10.0.0', false],
    ['1.2.2', '1.2.3', false],
    ['1.2.3-rc.1', '1.2.3', false],
    ['1.2.4-rc.1', '1.2.3', true],
    ['1.2.3+build', '1.2.3', true],
    ['nonsense', '0.0.0', false],
  ])('%s is at least %s: %s', (version, minimum, verdict) => {
    expect(isAtLeast(version, minimum)).toBe(verdict);
  });
});

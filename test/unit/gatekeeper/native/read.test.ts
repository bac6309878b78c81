import { describe, expect, it } from 'vitest';
import { librarySet } from '../../../../src/gatekeeper/library/index.ts';
import { readNative } from '../../../../src/gatekeeper/native/read.ts';
import { sha256Hex } from '../../../../src/system/canonical.ts';
import type { UserError } from '../../../../src/system/errors.ts';
import { shipped } from '../library/shipped.ts';

const REQUEST = 'ab'.repeat(32);
const NETWORK = new TextEncoder().encode('<network><name>default</name></network>');
const OTHER = new TextEncoder().encode(
  '<network><name>default</name><uuid>00000000-0000-4000-8000-000000000001</uuid></network>',
);
const ARGV = ['virsh', 'net-define', 'net.xml'];
const document = (path: string, bytes: Uint8Array) => ({ path, digest: sha256Hex(bytes) });
const NAMED = [document('net.xml', NETWORK)];
const rules = (files: Readonly<Record<string, Uint8Array>> = { 'net.xml': NETWORK }, libraries = shipped) => ({
  libraries,
  documents: new Map(Object.entries(files)),
});

function refused(work: () => unknown): UserError {
  try {
    work();
  } catch (error) {
    expect(error).toMatchObject({ exitCode: 3, nextSteps: [expect.stringMatching(/\w+/)] });
    return error as UserError;
  }
  throw new Error('it was let through');
}

describe('a native command that is read', () => {
  it('is kept whole: arguments, files, library and the request that it is for', () => {
    const { command, native } = readNative(REQUEST, { argv: ARGV, documents: NAMED }, ['virsh/*'], rules());
    expect(command).toEqual({
      format: 1,
      request: REQUEST,
      operation: 'virsh/net-define',
      library: shipped.forTool('virsh')?.digest,
      argv: ARGV,
      documents: NAMED,
    });
    expect(native.documents.map(({ bytes }) => bytes)).toEqual([NETWORK]);
  });

  it('must be accepted here', () => {
    const error = refused(() => readNative(REQUEST, { argv: ARGV, documents: NAMED }, ['kubeadm/*'], rules()));
    expect(error.code).toBe('command-not-accepted');
  });

  it.each([
    ['with other bytes than it was given with', [document('net.xml', OTHER)], 'net.xml'],
    ['with a file that it does not name', [...NAMED, document('more.xml', OTHER)], 'more.xml'],
    ['without a file that it names', [], 'one is missing'],
    ['with another file in its place', [document('more.xml', NETWORK)], 'more.xml'],
  ])('%s is refused', (_, documents, why) => {
    const error = refused(() => readNative(REQUEST, { argv: ARGV, documents }, ['virsh/*'], rules()));
    expect(error.code).toBe('document-unused');
    expect(error.message).toContain(why);
  });

  it('whose file was not given is refused', () => {
    const error = refused(() => readNative(REQUEST, { argv: ARGV, documents: [] }, ['virsh/*'], rules({})));
    expect(error.code).toBe('document-missing');
    expect(error.message).toContain('"net.xml"');
  });

  it('of an unknown tool is refused, with those that are known', () => {
    const read = (argv: string[], given?: ReturnType<typeof rules>) =>
      refused(() => readNative(REQUEST, { argv, documents: [] }, ['*/*'], given));
    expect(read(['rm', '-rf'], rules())).toMatchObject({
      code: 'tool-unknown',
      nextSteps: [expect.stringMatching(/kubeadm.*virsh/)],
    });
    for (const given of [undefined, rules({}, librarySet([]))]) {
      expect(read(['virsh', 'list'], given)).toMatchObject({
        code: 'tool-unknown',
        nextSteps: ['Use one of: none is on chain yet.'],
      });
    }
    expect(read([], rules()).code).toBe('tool-unknown');
  });
});

import { describe, expect, it } from 'vitest';
import { gatherDocuments } from '../../../../src/gatekeeper/native/gather.ts';
import { shipped } from '../library/shipped.ts';

describe('the files of a command', () => {
  const files = new Map(
    Object.entries({ 'net.tfplan': 'a plan', 'net.tfplan.json': '{"not": "a plan"}', other: 'unasked' }).map(
      ([path, text]) => [path, Buffer.from(text)],
    ),
  );

  it('are also those by which its library refuses it, so that the reason can be said', () => {
    const gathered = gatherDocuments(['tofu', 'apply', 'net.tfplan'], files, shipped);
    expect(gathered.map(({ path }) => path)).toEqual(['net.tfplan', 'net.tfplan.json']);
  });

  it('are none of those that it does not name', () => {
    expect(gatherDocuments(['kubeadm', 'reset', '--force'], files, shipped)).toEqual([]);
    expect(gatherDocuments(['unknown', 'net.tfplan'], files, shipped)).toEqual([]);
  });
});

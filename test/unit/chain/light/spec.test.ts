import { describe, expect, it } from 'vitest';
import { lightSpec } from '../../../../src/chain/light/spec.ts';

const NODE = '/ip4/127.0.0.1/tcp/30333/ws/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';
const spec = (change: object = {}): string =>
  JSON.stringify({
    name: 'Logos',
    id: 'logos',
    bootNodes: ['/dns4/node.example.org/tcp/443/wss/p2p/12D3'],
    genesis: { raw: { top: { '0x01': '0x02' } } },
    properties: { ss58Format: 42 },
    ...change,
  });

describe('the specification that a light client takes', () => {
  it('keeps what is in it, has the given nodes first, and says that there are no child tries', () => {
    const { id, name, json } = lightSpec(spec(), [NODE]);
    expect([id, name]).toEqual(['logos', 'Logos']);
    expect(JSON.parse(json)).toMatchObject({
      bootNodes: [NODE, '/dns4/node.example.org/tcp/443/wss/p2p/12D3'],
      properties: { ss58Format: 42 },
      genesis: { raw: { top: { '0x01': '0x02' }, childrenDefault: {} } },
    });
  });

  it('may begin at a state root', () => {
    const stateRootHash = `0x${'12'.repeat(32)}`;
    expect(JSON.parse(lightSpec(spec({ genesis: { stateRootHash } })).json).genesis).toEqual({ stateRootHash });
  });

  it.each([
    ['no JSON', '{'],
    ['no genesis', spec({ genesis: {} })],
    ['a genesis that is not raw', spec({ genesis: { runtime: {} } })],
    ['no nodes', spec({ bootNodes: [] })],
    ['a bad name', spec({ id: '../logos' })],
  ])('is refused with %s', (_why, text) => {
    expect(() => lightSpec(text)).toThrow(expect.objectContaining({ code: 'light-spec-invalid' }));
  });
});

import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { withServer } from '../../../src/region/index.ts';
import { hostKey, written } from './region-world.ts';

const text = () => `# of ours\n${stringify(written())}`;
const more = { server: 's5=admin@10.0.0.15:2222', roles: ['compute'] as const };

describe('withServer', () => {
  it('adds it, raises the version and leaves the rest, comments too, as it was', () => {
    const next = withServer(text(), more, hostKey(5));
    expect(next.text).toMatch(/^# of ours\n/);
    const { servers, version, ...rest } = parse(next.text) as ReturnType<typeof written>;
    const before = written();
    expect({ ...rest, servers: servers.slice(0, -1), version: '1.0.0' }).toEqual(before);
    expect(version).toBe('1.1.0');
    expect(servers.at(-1)).toEqual({
      ...{ name: 's5', address: '10.0.0.15', roles: ['compute'] },
      ssh: { user: 'admin', port: 2222, hostKey: hostKey(5) },
    });
    expect(next.definition.servers.at(-1)).toMatchObject({ name: 's5', roles: ['compute'], class: 'compute-1' });
  });

  it('gives the servers that are there no other roles', () => {
    const before = withServer(text(), more, hostKey(5)).definition.servers.map(({ roles }) => roles);
    expect(before.slice(0, 4)).toEqual([
      ['controller'],
      ['controller'],
      ['arbiter', 'network', 'compute', 'storage'],
      ['network', 'compute', 'storage'],
    ]);
  });

  it('refuses what would lay votes or copies anew, and what no definition may have', () => {
    const code = (change: object, key = hostKey(5)) => {
      try {
        withServer(text(), { ...more, ...change }, key);
        return undefined;
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    for (const role of ['controller', 'arbiter', 'storage']) expect(code({ roles: [role] })).toBe('region-role-fixed');
    expect(code({ server: 's4=10.0.0.15' })).toBe('region-name-duplicate');
    expect(code({ server: 's5=10.0.0.14' })).toBe('region-address-duplicate');
    expect(code({ server: 's5=10.9.0.15' })).toBe('region-address-outside');
    expect(code({}, hostKey(4))).toBe('region-host-key-duplicate');
    expect(code({ class: 'other' })).toBe('region-class-unknown');
    expect(code({ tunnel: '10.66.0.5' })).toBe('wrong-usage');
    expect(code({})).toBeUndefined();
  });

  it('can be done again and again', () => {
    let now = text();
    for (const number of [5, 6, 7])
      now = withServer(now, { server: `s${number}=10.0.0.${10 + number}`, roles: ['compute'] }, hostKey(number)).text;
    expect(parse(now)).toMatchObject({ version: '1.3.0', servers: { length: 7 } });
  });
});

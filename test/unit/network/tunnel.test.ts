import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeTunnelKey, type Spoke, spokeConfig, spokeUnit, tunnelPublicKey } from '../../../src/network/index.ts';

const SPOKE: Spoke = {
  endpoint: '192.0.2.1:51820',
  hubKey: 'AyMmyiEaJ8GGXK/XUEJP1lYnB3zYKuxQKvHJuFAg3TM=',
  hub: '10.67.0.1',
  address: '10.67.0.2',
  networks: ['10.66.0.0/24'],
  datapath: 'system',
};

describe('a tunnel', () => {
  it('has the public key that X25519 gives for a private one', () => {
    const { privateKey, publicKey } = generateKeyPairSync('x25519');
    const half = (der: Buffer) => der.subarray(-32).toString('base64');
    const made = half(privateKey.export({ type: 'pkcs8', format: 'der' }));
    expect(tunnelPublicKey(made)).toBe(half(publicKey.export({ type: 'spki', format: 'der' })));
  });

  it('has a key of its own each time', () => {
    expect(makeTunnelKey()).not.toBe(makeTunnelKey());
  });

  it('keeps its private key out of the unit that everybody reads, and speaks first', () => {
    const secret = makeTunnelKey();
    expect(spokeUnit(SPOKE, '/etc/con0.conf')).not.toContain(secret);
    const config = spokeConfig(SPOKE, secret);
    expect(config).toContain(`PrivateKey = ${secret}`);
    expect(config).toContain('PersistentKeepalive = 25');
    expect(config).toContain('AllowedIPs = 10.67.0.1/32, 10.66.0.0/24');
    expect(config).not.toContain('ListenPort');
  });

  it('is on a bridge of Open vSwitch where that is a process, and on none else', () => {
    expect(spokeUnit(SPOKE, '/c')).not.toContain('ovs-vsctl');
    expect(spokeUnit({ ...SPOKE, datapath: 'netdev' }, '/c')).toContain('add-br br-con');
  });
});

import { describe, expect, it } from 'vitest';
import { guestLacks } from '../../lab/guest.ts';
import { runUnderLsm } from '../../lab/lsm-guest.ts';

const lacks = await guestLacks();
interface Line {
  readonly event: string;
  readonly step?: number;
  readonly pending?: number;
  readonly killed?: boolean;
  readonly changes?: readonly string[];
  readonly deviations?: readonly unknown[];
  readonly differences?: readonly string[] | number;
  readonly [member: string]: unknown;
}

describe.skipIf(lacks)(`a whole machine under systemd, with AppArmor${lacks ? `: needs ${lacks}` : ''}`, () => {
  it('is after a restore as it was before, and after a kill at any step', async () => {
    const script = 'lab/guest-scripts/harden-restore.ts';
    const lines = (await runUnderLsm({ module: 'apparmor', script, args: ['sampled'] })) as unknown as Line[];
    const of = (event: string): Line[] => lines.filter((line) => line.event === event);
    console.log(lines.map((line) => JSON.stringify(line).slice(0, 400)).join('\n'));

    // The snapshot sees what hardening changes, and everything that it changes holds.
    const [applied] = of('applied');
    expect(applied?.deviations).toEqual([]);
    expect(applied?.changes?.map((change) => change.split(' ')[0])).toEqual(
      expect.arrayContaining(['slice', 'sysctl', 'firewall', 'control']),
    );
    expect(of('while applied')[0]?.differences).toBeGreaterThan(10);

    expect(of('restored')[0]?.differences).toEqual([]);
    expect(of('not finished')).toEqual([]);
    expect(of('killed').length).toBeGreaterThan(0);
    for (const { step, differences } of of('killed')) expect(differences, `killed after step ${step}`).toEqual([]);
    expect(of('end')[0]?.differences).toEqual([]);

    expect(of('access')[0]).toMatchObject({
      'owner domain.stop mine': true,
      'owner domain.stop region’s': false,
      'owner domain.getattr region’s': true,
      // Who may reach libvirtd at all is told before that, by polkit and the socket's mode.
      'nobody domain.stop mine': true,
      'nobody domain.stop region’s': false,
    });
  }, 900_000);
});

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LsmReport, reportUnder } from '../../lab/lsm-report.ts';

// A guest with a kernel of its own, because this machine's kernel may have no SELinux; the guest says, this file judges.
describe('a host with SELinux', { timeout: 60_000 }, () => {
  let result: LsmReport | string;
  let report: LsmReport;

  beforeAll(async () => {
    result = await reportUnder('selinux');
  }, 1_800_000);
  beforeEach((context) => {
    if (typeof result === 'string') context.skip(result);
    else report = result;
  });

  it('loads the module, turns off what the policy wants off, labels our images, and finds that it holds', () => {
    const { deviations, changes, label } = report.of('applied');
    expect(deviations).toEqual([]);
    expect(changes).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^SELinux module logos_\w{8}_guests$/),
        'SELinux boolean virt_use_usb',
        'context of /var/lib/logos/cache/guest',
      ]),
    );
    expect(label).toContain(':virt_image_t:');
    expect(report.of('again').changes).toEqual([]);
  });

  it('gives each domain a pair of categories of its own', () => {
    const { deviations, ...domains } = report.of('domains');
    const { a, b, disk } = domains as unknown as { a: { shown: string }; b: { shown: string }; disk: string };
    for (const { shown } of [a, b]) expect(shown).toMatch(/^system_u:system_r:svirt_t:s0:c\d+,c\d+$/);
    expect(a.shown).not.toBe(b.shown);
    expect(disk).toContain(`:svirt_image_t:${b.shown.split(':').slice(3).join(':')}`);
    expect(deviations).toEqual([]);
  });

  it('refuses every way out of an emulator, which root without the label has', () => {
    const ways = Object.keys(report.of('unconfined').answers as object);
    expect(ways).toHaveLength(5);
    expect(report.of('unconfined').answers).toEqual(Object.fromEntries(ways.map((way) => [way, 'done'])));
    expect(report.of('confined')).toMatchObject({
      own: 'done',
      answers: {
        'read a host file': 'EACCES',
        'write another domain’s disk': 'EACCES',
        'open a raw socket': 'EACCES',
        'open a packet socket': 'EACCES',
        'load a module': 'EPERM',
      },
    });
  });

  it('has each refusal in the audit log', () => {
    const text = (report.of('audit').lines as string[]).join('\n');
    for (const word of ['shadow_t', 'svirt_image_t', 'rawip_socket', 'packet_socket', 'sys_module'])
      expect(text).toContain(word);
  });

  it('notices each way of taking the control away, and holds again once it is back', () => {
    const broken = report.all('broken');
    expect(broken.map(({ what }) => what)).toEqual([
      'module not in the kernel',
      'module not in the store',
      'module’s file changed',
      'only warning',
      'boolean flipped',
      'label changed',
    ]);
    for (const { what, seen, mended } of broken) {
      expect(seen, `${what}`).toEqual([expect.objectContaining({ code: 'control-not-held', target: 'selinux' })]);
      expect(mended, `${what}`).toEqual([]);
    }
  });

  it('leaves nothing behind after a restore: contents, modes, booleans and labels', () => {
    const { differences, same, deviations } = report.of('restored');
    expect(differences).toEqual([]);
    expect(same).toBe(true);
    expect(deviations).toHaveLength(1);
  });
});

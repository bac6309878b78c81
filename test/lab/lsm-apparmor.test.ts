import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LsmReport, reportUnder } from '../../lab/lsm-report.ts';

// A guest with a kernel of its own, because this machine's kernel may have no AppArmor; the guest says, this file judges.
describe('a host with AppArmor', { timeout: 60_000 }, () => {
  let result: LsmReport | string;
  let report: LsmReport;

  beforeAll(async () => {
    result = await reportUnder('apparmor');
  }, 1_800_000);
  beforeEach((context) => {
    if (typeof result === 'string') context.skip(result);
    else report = result;
  });

  it('loads the policy, in enforce mode, and finds that it holds', () => {
    const { deviations, loaded, changes } = report.of('applied');
    expect(deviations).toEqual([]);
    expect(loaded).toContainEqual(expect.stringMatching(/^logos_\w{8}-gpu-worker \(enforce\)$/));
    expect(changes).toContain('AppArmor policy');
    expect(report.of('again').changes).toEqual([]);
  });

  it('gives each domain a label of its own', () => {
    const { a, b, deviations } = report.of('domains') as Record<'a' | 'b' | 'deviations', { shown: string }>;
    for (const { shown } of [a, b]) expect(shown).toMatch(/^libvirt-[0-9a-f-]{36} \(enforce\)$/);
    expect(a.shown).not.toBe(b.shown);
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
    for (const word of ['name="/etc/shadow"', 'lab-b.img', 'family="inet"', 'family="packet"', 'capname="sys_module"'])
      expect(text).toContain(word);
  });

  it('holds a worker to its profile', () => {
    expect(report.of('worker')).toMatchObject({
      free: { shadow: 'done', stream: 'done' },
      held: { shadow: 'EACCES', stream: 'EACCES', library: 'done' },
    });
  });

  it('keeps the owner’s keys from a domain whose definition names them', () => {
    expect(report.of('key').answer).toContain('Permission denied');
    expect(report.of('key-after').answer).not.toContain('denied');
  });

  it('notices each way of taking the control away, and mends it', () => {
    const broken = report.all('broken');
    expect(broken.map(({ what }) => what)).toEqual([
      'profile unloaded',
      'profile only complains',
      'profile replaced by a weaker one',
      'rules of domains changed',
      'rules of domains not included',
      'a domain only complains',
    ]);
    for (const { what, seen, repaired } of broken) {
      expect(seen, `${what}`).toEqual([expect.objectContaining({ code: 'control-not-held', target: 'apparmor' })]);
      expect(repaired, `${what}`).toEqual([]);
    }
  });

  it('leaves nothing behind after a restore', () => {
    const { differences, deviations } = report.of('restored');
    expect(differences).toEqual([]);
    expect(deviations).toHaveLength(1);
  });
});

import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readDirectory } from '../../../../src/service/deploy/directory.ts';
import { planDeployment, planText } from '../../../../src/service/index.ts';
import { homeFrom } from '../../../../src/system/home.ts';
import { writeDeployment } from '../../gatekeeper/deployments/deployment-files.ts';

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'logos-deploy-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

describe('reading the directory of a deployment', () => {
  it('gives its files with their modes, sorted, without what hosts do not need', async () => {
    const directory = await temporary();
    for (const own of ['.ansible', '.git', '.terraform']) {
      await mkdir(join(directory, 'b', own), { recursive: true });
      await writeFile(join(directory, 'b', own, 'config'), 'x');
    }
    await writeFile(join(directory, 'b/two'), '2');
    await writeFile(join(directory, 'a'), '1');
    await chmod(join(directory, 'a'), 0o755);
    const files = await readDirectory(directory);
    expect(files.map(({ path, executable, bytes }) => [path, executable, Buffer.from(bytes).toString()])).toEqual([
      ['a', true, '1'],
      ['b/two', false, '2'],
    ]);
  });

  it('refuses links and what is no plain file, and never waits for it', async () => {
    const directory = await temporary();
    await symlink('/etc/passwd', join(directory, 'link'));
    await expect(readDirectory(directory)).rejects.toMatchObject({ code: 'deployment-entry', exitCode: 3 });
    await rm(join(directory, 'link'));
    await symlink('/etc', join(directory, 'folder'));
    await expect(readDirectory(directory)).rejects.toMatchObject({ code: 'deployment-entry' });
    await rm(join(directory, 'folder'));
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    await expect(readDirectory(directory)).rejects.toMatchObject({ code: 'deployment-entry' });
    await expect(readDirectory(join(directory, 'absent'))).rejects.toMatchObject({
      code: 'deployment-directory',
      exitCode: 2,
    });
  });
});

describe('planning without a chain', () => {
  it('gives the same closure wherever and whenever the files are', async () => {
    const [one, two] = [await temporary(), await temporary()];
    await writeDeployment(one, {});
    await writeDeployment(two, {});
    await mkdir(join(two, 'empty'));
    const home = homeFrom({ LOGOS_HOME: await temporary() });
    const plans = [await planDeployment(home, one), await planDeployment(home, two)];
    expect(plans.map(({ findings }) => findings)).toEqual([[], []]);
    expect(plans[0]?.closure?.digest).toBe(plans[1]?.closure?.digest);
    expect(planText(plans[0] as never)).toContain('Nothing is wrong with it, by built-in rules.');
  });

  it('shows what is wrong where there is nothing to pack, too', async () => {
    const directory = await temporary();
    const home = homeFrom({ LOGOS_HOME: await temporary() });
    expect((await planDeployment(home, directory)).findings).toMatchObject([{ code: 'deployment-malformed' }]);
    await writeFile(join(directory, 'deployment.yaml'), 'format: deployment\nformat: deployment\n');
    const { findings, closure } = await planDeployment(home, directory);
    expect(closure).toBeUndefined();
    expect(findings).toMatchObject([{ file: 'deployment.yaml', code: 'document-malformed' }]);
  });
});

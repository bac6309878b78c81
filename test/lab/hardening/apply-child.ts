import { hardenHost, planHost, policyFromFile } from '../../../src/hardening/index.ts';
import { kernelFiles } from '../../../src/hardening/kernel-files.ts';
import { type Exec, localExec } from '../../../src/system/exec.ts';
import { homeFrom } from '../../../src/system/home.ts';

/** Hardens this machine and kills itself right after its Nth effect: `apply-child.ts HOME POLICY N`. */
const [root = '', policy = '', last = ''] = process.argv.slice(2);
let effects = 0;
const counted = async <T>(effect: Promise<T>): Promise<T> => {
  const result = await effect;
  if (++effects === Number(last)) process.kill(process.pid, 'SIGKILL');
  return result;
};
const files = {
  ...kernelFiles,
  write: (path: string, value: string) => counted(kernelFiles.write(path, value)),
  makeDirectory: (path: string) => counted(kernelFiles.makeDirectory(path)),
  removeDirectory: (path: string) => counted(kernelFiles.removeDirectory(path)),
};
const exec: Exec = (command, args, options) => counted(localExec(command, args, options));
const home = homeFrom({ LOGOS_HOME: root }, 0);
const source = await policyFromFile(policy);
const plan = await planHost({ home, source, limits: { cpuCores: 1, memoryMiB: 256 }, probe: true, files, exec });
await hardenHost(plan, { home, files, exec });

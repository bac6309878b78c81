import { hardenHost, planHost, policyFromFile } from '../../../src/hardening/index.ts';
import { homeFrom } from '../../../src/system/home.ts';
import { dieAfter } from './steps.ts';

/** Hardens this machine and kills itself right after its Nth step: `apply-child.ts HOME POLICY N`. */
const [root = '', policy = '', last = ''] = process.argv.slice(2);
const home = homeFrom({ LOGOS_HOME: root }, 0);
const source = await policyFromFile(policy);
const { exec, files } = await dieAfter(Number(last));
const plan = await planHost({ home, source, limits: { cpuCores: 1, memoryMiB: 256 }, probe: true, files, exec });
await hardenHost(plan, { home, files, exec });

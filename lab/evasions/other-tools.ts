import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Another integrity checker, set up for a scratch directory. */
export interface OtherTool {
  readonly name: string;
  readonly version: string;
  /** Takes its database of what is there now. */
  init(): void;
  /** Its report, with the paths that differ; `undefined` when it did not end within `ms`. */
  check(ms: number): string | undefined;
}

/** AIDE and Tripwire as they are on this machine, both told to compare all that they can. `scratch` takes their files. */
export function otherTools(scratch: string, directories: readonly string[]): OtherTool[] {
  mkdirSync(scratch, { recursive: true });
  return [aide(scratch, directories), tripwire(scratch, directories)].filter((tool) => tool !== undefined);
}

function aide(scratch: string, directories: readonly string[]): OtherTool | undefined {
  if (!existsSync('/usr/bin/aide')) return undefined;
  const [database, config] = [join(scratch, 'aide.db'), join(scratch, 'aide.conf')];
  const rule = 'ftype+p+i+l+n+u+g+s+m+c+acl+xattrs+caps+e2fsattrs+sha256';
  const lines = [`database_in=file:${database}`, `database_out=file:${database}`, `Everything = ${rule}`];
  writeFileSync(config, [...lines, ...directories.map((path) => `${path} Everything`), ''].join('\n'));
  return {
    name: 'AIDE',
    version: run('/usr/bin/aide', ['--version']).match(/AIDE (\S+)/)?.[1] ?? '',
    init: () => void run('/usr/bin/aide', ['--config', config, '--init']),
    check: (ms) => report('/usr/bin/aide', ['--config', config, '--check'], ms),
  };
}

const PASSPHRASE = 'evasions';

function tripwire(scratch: string, directories: readonly string[]): OtherTool | undefined {
  if (!existsSync('/usr/sbin/tripwire')) return undefined;
  const at = (name: string): string => join(scratch, name);
  const settings = {
    ROOT: scratch,
    POLFILE: at('tw.pol'),
    DBFILE: at('tw.db'),
    REPORTFILE: at('tw.twr'),
    SITEKEYFILE: join(scratch, '../site.key'),
    LOCALKEYFILE: join(scratch, '../local.key'),
    EDITOR: '/bin/true',
    SYSLOGREPORTING: 'false',
    LOOSEDIRECTORYCHECKING: 'false',
  };
  const keys = ['--site-passphrase', PASSPHRASE, '--local-passphrase', PASSPHRASE];
  const keyFiles = ['--site-keyfile', settings.SITEKEYFILE, '--local-keyfile', settings.LOCALKEYFILE];
  // One pair for all scratch directories beside each other: making them takes seconds.
  if (!existsSync(settings.SITEKEYFILE)) run('/usr/sbin/twadmin', ['--generate-keys', ...keyFiles, ...keys]);
  writeFileSync(
    at('tw.txt'),
    Object.entries(settings)
      .map((pair) => `${pair.join('=')}\n`)
      .join(''),
  );
  writeFileSync(at('pol.txt'), directories.map((path) => `${path} -> +pinugtsdrbmcSH;\n`).join(''));
  const site = ['--site-keyfile', settings.SITEKEYFILE, '--site-passphrase', PASSPHRASE];
  run('/usr/sbin/twadmin', ['--create-cfgfile', '--cfgfile', at('tw.cfg'), ...site, at('tw.txt')]);
  run('/usr/sbin/twadmin', ['--create-polfile', '--cfgfile', at('tw.cfg'), ...site, at('pol.txt')]);
  return {
    name: 'Tripwire',
    version: run('/usr/sbin/tripwire', ['--version']).match(/([\d.]+)/)?.[1] ?? '',
    init: () => void run('/usr/sbin/tripwire', ['--init', '--cfgfile', at('tw.cfg'), '--local-passphrase', PASSPHRASE]),
    check: (ms) => report('/usr/sbin/tripwire', ['--check', '--cfgfile', at('tw.cfg')], ms),
  };
}

/** Exit codes below 8 of both tell what differs; the report tells where. */
function report(command: string, args: readonly string[], ms: number): string | undefined {
  const { stdout, stderr, status, signal } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: ms,
    killSignal: 'SIGKILL',
  });
  if (signal) return undefined;
  if (status === null || status > 7) throw new Error(`${command} failed:\n${stderr}${stdout}`);
  return stdout;
}

function run(command: string, args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')} failed:\n${stderr}${stdout}`);
  return `${stdout}${stderr}`;
}

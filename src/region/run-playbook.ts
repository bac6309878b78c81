import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { ExternalError } from '../system/errors.ts';
import { endMarked } from '../system/marked-processes.ts';
import { type AnsibleEvent, NOTHING_YET, parseEvent, type RunTally, tallied } from './events.ts';

/** What playbooks of a region are run with. */
export interface PlaybookRunner {
  /** The program ansible-playbook. */
  readonly program: string;
  /** The checked tree; only this user can write in it. */
  readonly tree: string;
  readonly inventory: string;
  readonly values: string;
  /** Where Ansible looks for plugins and collections beside the tree's: with nothing in it. */
  readonly ansibleHome: string;
  /** Where Ansible puts what it sends. */
  readonly temporary: string;
  /**
   * Where ssh's shared connections have their sockets. One of the run's own: in the user's, a connection to another host at the same
   * address would be taken over, past the pinned key. Short, for sockets' paths are (unix(7): 108 bytes).
   */
  readonly sockets: string;
  /** What must not be told: tasks that forget `no_log` are stopped here. */
  readonly secrets: readonly string[];
  /** In the environment of all that it starts, so that what is left after a kill can be found. */
  readonly mark: string;
}

export const MARK = 'LOGOS_REGION_RUN';
/** Variables of the operator's that Ansible gets. None of its own but these: the tree's settings count (ansible.cfg). */
const KEPT = ['HOME', 'PATH', 'USER', 'SSH_AUTH_SOCK', 'TMPDIR', 'ANSIBLE_STRATEGY', 'ANSIBLE_STRATEGY_PLUGINS'];

/**
 * Runs a playbook, or several in one run of Ansible, and gives what was counted. Its events go to `on` and to `log`, which holds no secret. Throws ExternalError
 * `region-connection-lost` and `region-phase-failed`, and the signal's reason when that was aborted.
 */
export async function runPlaybook(
  runner: PlaybookRunner,
  playbook: string | readonly string[],
  {
    check = false,
    log,
    on,
    signal,
  }: { check?: boolean; log: string; on: (event: AnsibleEvent) => void; signal?: AbortSignal },
): Promise<RunTally> {
  signal?.throwIfAborted();
  const playbooks = [playbook].flat();
  const args = [
    '-i',
    runner.inventory,
    '-e',
    `@${runner.values}`,
    ...(check ? ['--check', '--diff'] : []),
    ...playbooks,
  ];
  let [at = ''] = playbooks;
  const child = spawn(runner.program, args, {
    cwd: runner.tree,
    env: environment(runner),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const file = createWriteStream(log, { mode: 0o600 });
  const stop = (): void => void endMarked(MARK, runner.mark);
  signal?.addEventListener('abort', stop, { once: true });
  let tally = NOTHING_YET;
  const errors: string[] = [];
  const open = (line: string): string =>
    runner.secrets.reduce((text, secret) => text.replaceAll(secret, '(secret)'), line);
  createInterface({ input: child.stdout }).on('line', (raw) => {
    const line = open(raw);
    file.write(`${line}\n`);
    const event = parseEvent(line);
    // What is no event is a warning, or the reason why there are none.
    if (event === undefined) errors.push(line);
    else {
      if (event.event === 'playbook') at = event.file;
      tally = tallied(tally, event);
      on(event);
    }
  });
  createInterface({ input: child.stderr }).on('line', (raw) => {
    const line = open(raw);
    file.write(`${line}\n`);
    errors.push(line);
    if (errors.length > 100) errors.shift();
  });
  try {
    const code = await ended(child, runner.program);
    signal?.throwIfAborted();
    if (code === 0) return tally;
    throw failureOf(at, code, tally, errors);
  } finally {
    signal?.removeEventListener('abort', stop);
    file.end();
    await finished(file);
  }
}

function environment({ tree, ansibleHome, temporary, sockets, mark }: PlaybookRunner): NodeJS.ProcessEnv {
  const kept = KEPT.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C.UTF-8',
    PYTHONDONTWRITEBYTECODE: '1',
    ANSIBLE_CONFIG: `${tree}/ansible.cfg`,
    ANSIBLE_CALLBACK_PLUGINS: `${tree}/callback_plugins`,
    ANSIBLE_STDOUT_CALLBACK: 'logos_events',
    // Else ~/.ansible, whose plugins and collections nobody compared with the chain (ansible-core, config/base.yml).
    ANSIBLE_HOME: ansibleHome,
    ANSIBLE_HOST_KEY_CHECKING: 'True',
    ANSIBLE_LOCAL_TEMP: temporary,
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_RETRY_FILES_ENABLED: 'False',
    ANSIBLE_SSH_CONTROL_PATH_DIR: sockets,
    [MARK]: mark,
  };
}

/** The exit code once all of its output was read; `null` when a signal ended it. */
function ended(child: ReturnType<typeof spawn>, program: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        new ExternalError('command-missing', `${program} can't be started.`, {
          command: program,
          cause,
          nextSteps: ['Install ansible-core (iac/ansible/requirements.txt), or name it with --ansible.'],
        }),
      ),
    );
    child.once('close', (code) => resolve(code));
  });
}

function failureOf(playbook: string, code: number | null, tally: RunTally, errors: readonly string[]): ExternalError {
  const [first, ...others] = tally.failures;
  const again = 'Put that right and run the same command again: it goes on at this phase.';
  if (first === undefined) {
    const how = code === null ? 'was killed' : `ended with exit code ${code}`;
    const said = errors.filter((line) => line.trim() !== '');
    return new ExternalError('region-phase-failed', `${playbook} ${how}: ${said.at(-1) ?? 'it said nothing'}`, {
      command: playbook,
      status: code ?? undefined,
      lastLines: said.slice(-5),
      nextSteps: [again],
    });
  }
  const lines = (first.message ?? '').split('\n');
  // What is cut off within a task counts as its failure.
  const lost = first.status === 'unreachable' || lines[0]?.startsWith('Failed to connect to the host via ssh') === true;
  return new ExternalError(
    lost ? 'region-connection-lost' : 'region-phase-failed',
    lost
      ? `The connection to ${first.host} was lost in "${first.task}".`
      : `${first.host}: "${first.task}" failed: ${lines[0]}`,
    {
      command: playbook,
      host: first.host,
      status: code ?? undefined,
      lastLines: lines.slice(-5),
      nextSteps: [
        ...lines.slice(1, 4),
        ...others.slice(0, 5).map(({ host, task }) => `Also on ${host}: "${task}".`),
        again,
      ],
    },
  );
}

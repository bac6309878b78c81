import { setTimeout as delay } from 'node:timers/promises';
import { Flags } from '@oclif/core';
import { ExitCode, ExternalError, UserError } from '../system/errors.ts';
import type { Detail } from '../system/progress.ts';
import { LogosCommand } from './base.ts';

/** How often the running gatekeeper is asked how far the command is, in milliseconds. */
const POLL_MS = 250;

export default class Request extends LogosCommand {
  static override description = `run a native command through the gatekeeper

The command is checked by its reference library, becomes an operation on
chain, and is then run on this host exactly as it was let through. Write it
after two hyphens.`;

  static override examples = [
    '<%= config.bin %> request -- kubeadm join 10.0.0.1:6443 \\\n    --token abcdef.0123456789abcdef \\\n    --discovery-token-ca-cert-hash sha256:…',
    '<%= config.bin %> request --dry-run --json -- kubeadm reset --force',
  ];

  static override strict = false;
  static override usage = 'request [--dry-run] [--follow | --no-wait] -- COMMAND…';

  static override flags = {
    'dry-run': Flags.boolean({ description: 'take it through every stage, and send nothing' }),
    follow: Flags.boolean({ description: 'show what the tool prints, as it comes', exclusive: ['dry-run'] }),
    wait: Flags.boolean({ description: 'wait until this host has run it', default: true, allowNo: true }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { flags } = await this.parse(Request);
    const { filesNamed } = await import('../gatekeeper/index.ts');
    const argv = this.commandLine();
    const line = { argv, files: await filesNamed(argv, process.cwd()) };
    return flags['dry-run'] ? this.judge(line) : this.send(line, flags.wait, flags.follow);
  }

  /** What stands after the two hyphens, untouched: oclif's parser would drop a second pair. */
  private commandLine(): string[] {
    const start = this.argv.indexOf('--');
    const argv = start < 0 ? [] : this.argv.slice(start + 1);
    if (argv.length > 0) return argv;
    throw new UserError('command-missing-in-request', 'There is no command to run.', {
      exitCode: ExitCode.usage,
      nextSteps: ['Write it after two hyphens: `logos request -- kubeadm join …`.'],
    });
  }

  private async judge(line: { argv: string[]; files: Map<string, Uint8Array> }): Promise<Detail> {
    const { judgeCommand } = await import('../service/index.ts');
    const verdict = await judgeCommand(this.home, line);
    if (verdict.verdict === 'refuse') process.exitCode = ExitCode.refused;
    this.say(
      [
        `${verdict.verdict === 'accept' ? 'Accepted' : 'Refused'} by ${verdict.rules} rules, stage ${verdict.stage}: ${verdict.reason}`,
        ...verdict.nextSteps.map((step) => `  → ${step}`),
      ].join('\n'),
    );
    return { ...(JSON.parse(JSON.stringify(verdict)) as Detail), ok: verdict.verdict === 'accept' };
  }

  private async send(
    line: { argv: string[]; files: Map<string, Uint8Array> },
    wait: boolean,
    follow: boolean,
  ): Promise<Detail> {
    const { sendCommand } = await import('../service/index.ts');
    const receipt = await sendCommand(this.home, line);
    if (receipt.outcome !== 'accepted') throw refusalOf(receipt);
    const { id: request, transaction, operation = '' } = receipt;
    this.say(`On chain as operation ${operation}, transaction ${transaction?.transaction ?? ''}.`);
    const sent = { request, operation, transaction: transaction?.transaction ?? '', height: transaction?.height ?? 0 };
    if (!wait) return sent;
    const result = await this.outcome(operation, follow);
    this.say('Done on this host.');
    return { ...sent, result };
  }

  private async outcome(operation: string, follow: boolean): Promise<Detail[string]> {
    const { commandLog, operationState } = await import('../service/index.ts');
    let log: ReturnType<typeof commandLog> | undefined;
    for (;;) {
      const { phase, command, result, failed } = await operationState(this.home, operation);
      if (follow && command !== undefined) log ??= commandLog(this.home, command);
      const ended = phase === 'completed' || failed !== undefined;
      for (const message of (await log?.lines(ended)) ?? []) this.progress({ event: 'note', message });
      if (failed !== undefined) {
        throw new ExternalError(failed.code, failed.reason, {
          nextSteps: [
            '`logos gatekeeper requests` shows what became of it; the log is below LOGOS_HOME/gatekeeper/runs.',
          ],
        });
      }
      // The chain has the outcome then, too.
      if (phase === 'completed') return result ?? null;
      await delay(POLL_MS, undefined, { signal: this.abort.signal });
    }
  }
}

function refusalOf(receipt: {
  outcome: string;
  error?: { code: string; message: string; nextSteps: readonly string[] };
}) {
  const { code = 'request-failed', message = '', nextSteps = [] } = receipt.error ?? {};
  if (receipt.outcome === 'refused') {
    return new UserError(code, message, { exitCode: ExitCode.refused, nextSteps: [...nextSteps] });
  }
  return new ExternalError(code, message, { nextSteps: [...nextSteps] });
}

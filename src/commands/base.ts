import { Command, Errors, Flags } from '@oclif/core';
import { ExitCode, type LogosError, reportOf, toLogosError, UserError } from '../system/errors.ts';
import { type Home, homeFrom } from '../system/home.ts';
import type { Detail, PhaseName, Progress } from '../system/progress.ts';
import { type Agreement, agreed } from './confirm.ts';
import { type Renderer, rendererFor } from './render.ts';

/**
 * What every command shares: `--json` with one object a line and a closing `result`, typed errors with next steps,
 * and exit codes. A command implements `execute` and reports through `this.progress`.
 */
export abstract class LogosCommand extends Command {
  static override baseFlags = {
    json: Flags.boolean({ description: 'print one JSON object a line (docs/cli.md)', helpGroup: 'GLOBAL' }),
    verbose: Flags.boolean({ description: 'print the cause and stack of an error', helpGroup: 'GLOBAL' }),
  };

  protected readonly home: Home = homeFrom();
  /** Aborted by the first Ctrl-C (SIGINT) or SIGTERM; the second one ends the process at once. */
  protected readonly abort = new AbortController();
  #renderer?: Renderer;

  /** Does the work; what it returns becomes the fields of the `result` line. */
  protected abstract execute(): Promise<Detail | undefined>;

  protected get renderer(): Renderer {
    this.#renderer ??= rendererFor({ json: this.asked('--json') });
    return this.#renderer;
  }

  protected get progress(): Progress {
    return (event) => this.renderer.progress(event);
  }

  /** Known before the flags are parsed, and even if they can't be; what follows `--` is another program's. */
  private asked(flag: string): boolean {
    const end = this.argv.indexOf('--');
    return this.argv.slice(0, end < 0 ? undefined : end).includes(flag);
  }

  /** A line for people; never printed with `--json`. */
  protected say(text: string): void {
    this.renderer.say(text);
  }

  /** Asks before the machine is changed. Throws `confirmation-needed` where there is nobody to ask, `cancelled` after a no. */
  protected async confirm(question: string, yes: boolean): Promise<void> {
    const how: Agreement = { yes, json: this.asked('--json'), signal: this.abort.signal };
    if (await agreed(question, how)) return;
    throw new UserError('cancelled', 'Nothing was changed.', {
      exitCode: ExitCode.usage,
      nextSteps: ['Run the command again when you want it.'],
    });
  }

  /** Runs a step of `logos provide` by itself, with the same events. */
  protected async phase<T>(phase: PhaseName, work: () => Promise<T>, detailOf: (value: T) => Detail): Promise<T> {
    const started = performance.now();
    const report = (state: 'started' | 'ok' | 'failed', detail: Detail): void =>
      this.progress({ event: 'phase', phase, state, ms: Math.round(performance.now() - started), detail });
    report('started', {});
    try {
      const value = await work();
      report('ok', detailOf(value));
      return value;
    } catch (thrown) {
      const error = toLogosError(thrown);
      report('failed', { code: error.code, summary: error.message });
      throw error;
    }
  }

  async run(): Promise<void> {
    const stop = (signal: NodeJS.Signals): void => {
      if (this.abort.signal.aborted) process.exit(130);
      this.abort.abort(
        new UserError('cancelled', `Cancelled by ${signal}.`, {
          exitCode: ExitCode.usage,
          nextSteps: ['Run the same command again: it goes on where it was stopped.'],
        }),
      );
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    try {
      const fields = await this.execute();
      this.renderer.result({ event: 'result', ok: true, ...fields });
    } catch (thrown) {
      this.fail(thrown);
    } finally {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    }
  }

  /** oclif calls this for what `execute` did not handle, which includes flags that it could not parse. */
  protected override async catch(thrown: Error): Promise<void> {
    this.fail(thrown);
  }

  private fail(thrown: unknown): void {
    if (thrown instanceof Errors.ExitError) throw thrown;
    const error = this.classify(thrown);
    const verbose = this.asked('--verbose');
    this.renderer.failure(error, verbose);
    this.renderer.result({ event: 'result', ok: false, error: reportOf(error) });
    process.exitCode = error.exitCode;
  }

  private classify(thrown: unknown): LogosError {
    if (thrown instanceof Errors.CLIError) {
      return new UserError('wrong-usage', thrown.message.split('\n')[0] ?? thrown.message, {
        exitCode: ExitCode.usage,
        nextSteps: [`See \`logos ${this.id?.replaceAll(':', ' ') ?? ''} --help\`.`],
        cause: thrown,
      });
    }
    return toLogosError(thrown);
  }
}

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ExitCode, ExternalError, UserError } from '../system/errors.ts';
import { readJson, writeJson } from '../system/files.ts';
import type { RegionServer } from './definition.ts';
import { askServer } from './preflight-facts.ts';
import { execOn } from './servers.ts';
import { inSession, play, type RegionOptions, type Session } from './session.ts';

const guestSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** As Nova has it. */
  status: z.string(),
  /** Since the first of them was asked to be rebuilt. */
  seconds: z.number(),
  /** Where it runs now. */
  host: z.string().optional(),
  /** Why it runs nowhere. */
  why: z.string().optional(),
});

/** What became of a lost server's guest. */
export type MovedGuest = z.output<typeof guestSchema>;

export interface FailoverResult {
  readonly server: string;
  /** Whether it answered, and so was made to stop. */
  readonly answers: boolean;
  readonly guests: readonly MovedGuest[];
}

/** A server that does not say within this time how it is does not answer; ssh itself would wait for a minute. */
const ANSWER_MS = 20_000;
/** What playbooks take for nobody. */
const NOBODY = 'nobody';

/**
 * Has what a lost server did done elsewhere: its guests are rebuilt out of the buffer. A guest must not run twice, so a server that
 * answers is made to stop first; of one that doesn't, `agree` is asked whether it is off, unless another server still reaches it:
 * then nothing is done. With `back` it does its part again. Throws UserError `region-server-unknown`, ExternalError
 * `region-server-alive` and `region-controller-lost`, and what a phase does.
 */
export function failover(
  options: RegionOptions,
  name: string,
  { back = false, agree }: { back?: boolean; agree: (answers: boolean) => Promise<void> },
): Promise<FailoverResult> {
  const { servers } = options.definition;
  const server = servers.find((each) => each.name === name);
  if (server === undefined) {
    throw new UserError('region-server-unknown', `The region has no server ${name}.`, {
      exitCode: ExitCode.usage,
      nextSteps: [`It has ${servers.map((each) => each.name).join(', ')}.`],
    });
  }
  return inSession(options, async (session) => {
    const answering = await whoAnswers(session, server);
    const answers = answering.some((each) => each.name === name);
    if (back && !answers) throw unreachable(name);
    await agree(answers);
    const asked = answering.find((each) => each.roles.includes('controller') && (back || each.name !== name));
    if (asked === undefined) {
      throw new ExternalError('region-controller-lost', 'No other controller answers, so nobody can move anything.', {
        nextSteps: ['Bring a controller back, and run the command again.'],
      });
    }
    const compute = server.roles.includes('compute');
    const file = join(session.paths.kept, 'failover.json');
    await rm(file, { force: true });
    await run(session, {
      lost: name,
      turn: back ? 'back' : 'lost',
      asked: asked.name,
      fenced: answers && !back && compute ? name : NOBODY,
      returned: back && compute ? name : NOBODY,
    });
    return { server: name, answers, guests: (await readJson(file, z.array(guestSchema))) ?? [] };
  });
}

/** Servers that answer over SSH. Throws `region-server-alive` when one of them reaches a server that does not answer here. */
async function whoAnswers(session: Session, lost: RegionServer): Promise<RegionServer[]> {
  const { options, paths } = session;
  const { definition, identity, signal } = options;
  const reach = { knownHosts: paths.knownHosts, ...(identity && { identity }) };
  const way = `${lost.address}:${lost.ssh.port}`;
  const asked = await Promise.all(
    definition.servers.map(async (server) => {
      const limit = AbortSignal.any([AbortSignal.timeout(ANSWER_MS), ...(signal ? [signal] : [])]);
      const facts = await askServer(execOn(definition, server, reach), [way], limit).catch(() => undefined);
      signal?.throwIfAborted();
      return { server, facts };
    }),
  );
  const answering = asked.filter(({ facts }) => facts !== undefined);
  const witness = answering.find(({ facts }) => typeof facts?.ways[way] === 'number');
  if (witness !== undefined && !answering.some(({ server }) => server === lost)) {
    throw new ExternalError(
      'region-server-alive',
      `${witness.server.name} still reaches ${lost.name}: it is not lost.`,
      {
        nextSteps: [`Switch ${lost.name} off, or see why it can't be reached from here. Nothing was changed.`],
      },
    );
  }
  return answering.map(({ server }) => server);
}

function unreachable(name: string): ExternalError {
  return new ExternalError('ssh-unreachable', `${name} does not answer.`, {
    host: name,
    nextSteps: ['Bring it back, and run the command again. Nothing was changed.'],
  });
}

/** Runs the playbook with the region's values and these; the file that they are in is the operator's alone. */
async function run(session: Session, values: { [key: string]: string }): Promise<void> {
  const known = JSON.parse(await readFile(session.paths.values, 'utf8')) as object;
  const file = join(session.paths.root, 'failover-values.json');
  await writeJson(file, { ...known, ...values });
  await play({ ...session, runner: { ...session.runner, values: file } }, 'nova', 'phases/failover.yml');
}

import { readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../system/errors.ts';
import type { GpuBuffer, GpuJob, GpuOutcome } from './client.ts';
import { jobSchema } from './job.ts';
import { encodeScalar, SCALAR_TYPES } from './scalars.ts';

const path = z.string().min(1).max(4_096);
const value = z.union([z.number(), z.string().max(32)]);

/** A job as people write it down (docs/gpu.md); paths are relative to the file. */
const fileSchema = z.strictObject({
  program: z.union([
    z.strictObject({ source: path }),
    z.strictObject({ text: z.string() }),
    z.strictObject({ spirv: path }),
  ]),
  options: z.array(z.string()).default([]),
  buffers: z
    .array(
      z
        .strictObject({
          /** What it holds at first: a file's bytes, or numbers of a type; zeros where there is neither. */
          file: path.optional(),
          values: z.strictObject({ type: z.enum(SCALAR_TYPES), of: z.array(value).min(1) }).optional(),
          bytes: z.int().min(1).optional(),
          /** The file to which it is written in the end. */
          output: path.optional(),
        })
        .refine(
          (it) => [it.file, it.values, it.bytes].filter((one) => one !== undefined).length === 1,
          'one of file, values and bytes',
        ),
    )
    .default([]),
  launches: jobSchema.shape.launches,
  device: z.int().min(0).optional(),
  seconds: z.number().optional(),
});

/** A job and where its results go: for each buffer a path, or nothing. */
export interface FiledJob {
  readonly job: GpuJob;
  readonly outputs: readonly (string | undefined)[];
}

/** Reads a job and the files that it names. Throws UserError `gpu-job-malformed`, `file-unreadable`. */
export async function readJobFile(file: string): Promise<FiledJob> {
  const at = (name: string) => resolve(dirname(file), name);
  const parsed = fileSchema.safeParse(jsonOf(await bytesOf(file), file));
  if (!parsed.success) throw malformed(file, z.prettifyError(parsed.error));
  const { program, buffers, ...rest } = parsed.data;
  const inputs: GpuBuffer[] = [];
  for (const { file: name, values, bytes, output } of buffers) {
    const input = name === undefined ? values && numbersOf(values, file) : await bytesOf(at(name));
    inputs.push({ ...(input === undefined ? { bytes } : { input }), output: output !== undefined });
  }
  return {
    job: { ...rest, program: await programOf(program, at), buffers: inputs },
    outputs: buffers.map(({ output }) => (output === undefined ? undefined : at(output))),
  };
}

/** Writes the results where the job wants them; gives the paths. */
export async function writeOutputs({ outputs }: FiledJob, outcome: GpuOutcome): Promise<string[]> {
  const written: string[] = [];
  for (const [index, file] of outputs.entries()) {
    const bytes = outcome.outputs[index];
    if (file === undefined || bytes === undefined) continue;
    await writeFile(file, bytes);
    written.push(file);
  }
  return written;
}

async function programOf(
  program: z.output<typeof fileSchema>['program'],
  at: (name: string) => string,
): Promise<string | Uint8Array> {
  if ('text' in program) return program.text;
  if ('spirv' in program) return bytesOf(at(program.spirv));
  return (await bytesOf(at(program.source))).toString('utf8');
}

function numbersOf({ type, of }: { type: string; of: readonly (number | string)[] }, file: string): Buffer {
  try {
    return Buffer.concat(of.map((one) => encodeScalar(type, one)));
  } catch (error) {
    throw malformed(file, (error as Error).message);
  }
}

async function bytesOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new UserError('file-unreadable', `${file} can't be read: ${(cause as Error).message}`, {
      cause,
      nextSteps: ['Look at the path: those in a job are relative to its file.'],
    });
  }
}

function jsonOf(bytes: Buffer, file: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw malformed(file, (error as Error).message);
  }
}

function malformed(file: string, because: string): UserError {
  return new UserError('gpu-job-malformed', `${file} is no GPU job: ${because}`, {
    nextSteps: ['docs/gpu.md shows how a job is written.'],
  });
}

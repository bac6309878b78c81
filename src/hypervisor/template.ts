import { z } from 'zod';
import { UserError } from '../system/errors.ts';
import { DVM_NAME } from './domain-xml.ts';

const templateSchema = z.object({
  name: z.string().regex(DVM_NAME),
  vcpus: z.int().min(1).max(255),
  memoryMiB: z.int().min(64).max(16_777_216),
  /** Milliseconds from the start until the guest must have printed its line. */
  deadlineMs: z.int().min(1_000).max(3_600_000),
  /** What the guest prints, followed by its nonce. */
  readyLine: z.string().regex(/^[!-~]{1,80}$/),
});

/** A kind of DVM, as the chain defines it (compute section, key `dvm-templates`). */
export type DvmTemplate = z.infer<typeof templateSchema>;

const documentSchema = z.object({ version: z.literal(1), templates: z.array(templateSchema).min(1) });

/** Reads the chain's value. Throws UserError `dvm-templates-invalid`. */
export function parseDvmTemplates(bytes: Uint8Array): Map<string, DvmTemplate> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const { templates } = documentSchema.parse(JSON.parse(text));
    const byName = new Map(templates.map((template) => [template.name, template]));
    if (byName.size !== templates.length) throw new Error('two templates have the same name');
    return byName;
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new UserError('dvm-templates-invalid', `The chain's DVM templates can't be read: ${why}`, {
      cause,
      nextSteps: ['Update logos: the chain may speak of something newer. Otherwise tell the community of the chain.'],
    });
  }
}

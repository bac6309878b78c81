import { z } from 'zod';
import { lightSpecInvalid } from './errors.ts';

const hash = z.string().regex(/^0x[0-9a-f]{64}$/);
/** What a light client needs of a chain specification; what else is in it stays. */
const schema = z.looseObject({
  name: z.string().min(1).max(128),
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  bootNodes: z.array(z.string().max(512)),
  genesis: z.union([
    z.object({
      raw: z.looseObject({ top: z.record(z.string(), z.string()), childrenDefault: z.unknown().default({}) }),
    }),
    z.object({ stateRootHash: hash }),
  ]),
  lightSyncState: z.unknown().optional(),
});

export interface LightSpec {
  readonly id: string;
  readonly name: string;
  /** The specification as the light client takes it: JSON. */
  readonly json: string;
}

/**
 * Checks a raw chain specification, and puts `bootNodes` (multiaddresses such as
 * `/dns4/node.example.org/tcp/443/wss/p2p/12D3…`) before its own. Throws UserError `light-spec-invalid`.
 */
export function lightSpec(text: string, bootNodes: readonly string[] = []): LightSpec {
  let parsed: z.infer<typeof schema>;
  try {
    parsed = schema.parse(JSON.parse(text));
  } catch (cause) {
    const why =
      cause instanceof z.ZodError ? `${cause.issues[0]?.path.join('.')} is missing or wrong` : 'it is no JSON';
    throw lightSpecInvalid(why, cause);
  }
  const nodes = [...new Set([...bootNodes, ...parsed.bootNodes])];
  if (nodes.length === 0) throw lightSpecInvalid('it names no node to begin with');
  const { id, name } = parsed;
  return { id, name, json: JSON.stringify({ ...parsed, bootNodes: nodes }) };
}

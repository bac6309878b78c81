import { z } from 'zod';
import { assetText } from '../system/assets.ts';
import type { ContractName } from './contract-types.ts';
import type { Hash } from './types.ts';

/** What is to be known of a contract's code to speak to it. */
export interface ContractMetadata {
  contract: ContractName;
  version: string;
  codeHash: Hash;
  /** Digest of how the code lays out its storage. */
  layout: Hash;
  /** Selectors of its messages, four bytes each, by name. */
  messages: Readonly<Record<string, string>>;
}

const NAMES: readonly ContractName[] = ['configuration', 'deployment', 'lease', 'operation', 'placement', 'privacy'];

const hash = z.string().regex(/^0x[0-9a-f]{64}$/) as unknown as z.ZodType<Hash>;
const artifact = z.looseObject({
  source: z.looseObject({ hash }),
  contract: z.looseObject({ version: z.string() }),
  layout: z.looseObject({ digest: hash }),
  spec: z.looseObject({
    messages: z.array(z.looseObject({ label: z.string(), selector: z.string().regex(/^0x[0-9a-f]{8}$/) })),
  }),
});

/** The codes that this program speaks to, by their hashes. */
export function builtInMetadata(): ReadonlyMap<Hash, ContractMetadata> {
  return new Map(
    NAMES.map((contract) => {
      const {
        source,
        contract: made,
        layout,
        spec,
      } = artifact.parse(JSON.parse(assetText(`contracts/artifacts/${contract}.contract`)));
      const messages = Object.fromEntries(spec.messages.map(({ label, selector }) => [label, selector]));
      return [source.hash, { contract, version: made.version, codeHash: source.hash, layout: layout.digest, messages }];
    }),
  );
}

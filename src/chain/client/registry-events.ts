import type { EventRecord } from '@polkadot/types/interfaces';
import { z } from 'zod';
import { answerInvalid } from '../errors.ts';
import type { BlockChanges, RegistryFact } from '../registry-types.ts';
import type { BlockNumber } from '../types.ts';
import { accountId, contractKind, hash32, layer, nameOfBytes, revision, sectionName } from './schemas.ts';

/** More than a block has room for. */
const MAX_EVENTS = 100_000;
/** Changes of the registry, and accounts that told of something; a block has room for fewer. */
const MAX_CHANGES = 10_000;

const registered = z.object({
  region: nameOfBytes,
  kind: contractKind,
  section: nameOfBytes.pipe(sectionName),
  layer,
  address: accountId,
  codeHash: hash32,
  revision,
});
const unregistered = z.object({ region: nameOfBytes, kind: contractKind, section: nameOfBytes.pipe(sectionName) });
const updated = z.object({ contract: accountId, newCodeHash: hash32 });
const ofContract = z.object({ contract: accountId });
const ofOwner = z.object({ owner: accountId });

/** What the events of a block say of a region's contracts, in their order. Throws ExternalError `chain-answer-invalid`. */
export function registryEvents(
  records: Iterable<EventRecord> & { length: number },
  region: string,
  height: BlockNumber,
): Pick<BlockChanges, 'facts' | 'touched'> {
  if (records.length > MAX_EVENTS) throw answerInvalid('its events');
  const facts: RegistryFact[] = [];
  const touched = new Set<string>();
  for (const { event } of records) {
    const fields = (): unknown => fieldsOf(event.data);
    switch (`${event.section}.${event.method}`) {
      case 'scl.ContractRegistered': {
        const { region: of, ...contract } = parsed(registered, fields());
        if (of === region) facts.push({ fact: 'registered', ...contract, since: height });
        break;
      }
      case 'scl.ContractUnregistered': {
        const { region: of, kind, section } = parsed(unregistered, fields());
        if (of === region) facts.push({ fact: 'unregistered', kind, section });
        break;
      }
      case 'contracts.ContractCodeUpdated': {
        const { contract, newCodeHash } = parsed(updated, fields());
        facts.push({ fact: 'code', address: contract, runs: newCodeHash });
        break;
      }
      case 'contracts.Terminated':
        facts.push({ fact: 'ended', address: parsed(ofContract, fields()).contract });
        break;
      case 'contracts.ContractEmitted':
        touched.add(parsed(ofContract, fields()).contract);
        break;
      // Where the runtime itself keeps what a configuration contract holds.
      case 'csc.SectionOpened':
      case 'csc.SectionChanged':
      case 'csc.SectionClosed':
        touched.add(parsed(ofOwner, fields()).owner);
        break;
    }
    if (facts.length + touched.size > MAX_CHANGES) throw answerInvalid('its events');
  }
  return { facts, touched: [...touched] };
}

/** An event's fields by their names, in the JSON form of polkadot.js. */
function fieldsOf(data: EventRecord['event']['data']): unknown {
  return Object.fromEntries((data.names ?? []).map((name, index) => [name, data[index]?.toJSON()]));
}

function parsed<T>(schema: z.ZodType<T>, fields: unknown): T {
  const result = schema.safeParse(fields);
  if (!result.success) throw answerInvalid('its events', result.error);
  return result.data;
}

import { join } from 'node:path';
import { Args, Flags } from '@oclif/core';
import type { ConfigurationEntry, VerifiedChain, VerifiedHead } from '../../chain/index.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

const STORAGE_KEY = /^0x([0-9a-f]{2})+$/;

export default class ChainQuery extends LogosCommand {
  static override description = `read a section of the configuration, or a value of the chain’s storage

It is read with proof: no endpoint is believed.`;

  static override examples = [
    '<%= config.bin %> chain query security-section-1',
    '<%= config.bin %> chain query security-section-1 host-policy --json',
    '<%= config.bin %> chain query \\\n    0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb',
    '<%= config.bin %> chain query security-section-1 --spec chain.json \\\n    --chain wss://one.example.org --chain wss://two.example.org',
  ];

  static override args = {
    target: Args.string({ description: 'name of a section, or a storage key in hexadecimal', required: true }),
    key: Args.string({ description: 'one key of the section; without it all are shown' }),
  };

  static override flags = {
    chain: Flags.string({
      description: 'WebSocket address of a node; give it several times to name more',
      default: ['ws://127.0.0.1:9944'],
      multiple: true,
    }),
    region: Flags.string({ description: 'region whose sections are meant', default: 'local' }),
    genesis: Flags.string({ description: 'hash of the genesis block of the chain, from a source that you trust' }),
    spec: Flags.string({ description: 'raw specification of the chain, in place of the hash' }),
    checkpoint: Flags.string({ description: 'file with a later block to trust, in place of the genesis block' }),
    verified: Flags.boolean({ description: 'read with proof (docs/verified-reads.md)', default: true, allowNo: true }),
  };

  protected async execute(): Promise<Detail> {
    const { args, flags } = await this.parse(ChainQuery);
    const { connectChain, openVerifiedChain } = await import('../../chain/index.ts');
    if (!flags.verified) {
      const chain = await connectChain(flags.chain[0] ?? '', { region: flags.region });
      try {
        const { entries, ...head } = await chain.configuration(args.target);
        const kept =
          args.key === undefined ? entries.values() : [entries.get(args.key)].filter((one) => one !== undefined);
        return this.show({ ...head, trust: 'none' }, [...kept]);
      } finally {
        await chain.close();
      }
    }
    const chain = await openVerifiedChain({
      endpoints: flags.chain,
      genesis: flags.genesis,
      checkpointFile: flags.checkpoint,
      specification: flags.spec,
      store: join(this.home.chain, 'verified'),
      region: flags.region,
      onRejected: ({ code, message }) => this.progress({ event: 'note', message: `[${code}] ${message}` }),
    });
    try {
      return await this.read(chain, args.target, args.key);
    } finally {
      await chain.close();
    }
  }

  private async read(chain: VerifiedChain, target: string, key: string | undefined): Promise<Detail> {
    if (STORAGE_KEY.test(target)) {
      const state = await chain.state();
      const [bytes] = await state.read([Buffer.from(target.slice(2), 'hex')]);
      const value = bytes === undefined ? null : `0x${Buffer.from(bytes).toString('hex')}`;
      this.say(value ?? 'no value');
      return this.proven(state.head, { key: target, value });
    }
    if (key !== undefined) {
      const { head, entries } = await chain.entries(target, [key]);
      return this.proven(
        head,
        this.show(
          { section: target },
          entries.filter((entry) => entry !== undefined),
        ),
      );
    }
    const { head, entries, section, version, digest } = await chain.section(target);
    return this.proven(head, this.show({ section, version, digest }, [...entries.values()]));
  }

  /** What is said of every verified answer: the block that it is of, and what the block rests on. */
  private proven({ height, hash, time, trust, endpoint }: VerifiedHead, answer: Detail): Detail {
    const word = trust === 'finality' ? 'proven final' : 'local chain, its word taken for it';
    this.say(`block ${height}  ${hash}  ${new Date(time).toISOString()}  (${word})`);
    return { ...answer, head: { height, hash, time: new Date(time).toISOString(), endpoint }, trust };
  }

  private show(head: Detail, entries: readonly ConfigurationEntry[]): Detail {
    const sorted = [...entries].sort((one, other) => (one.key < other.key ? -1 : 1));
    if (sorted.length === 0) this.say('no value');
    for (const { key, value, mediaType, version } of sorted) {
      const size = value.kind === 'inline' ? value.bytes.length : value.size;
      this.say(`${key}  ${mediaType}, ${size} bytes, version ${version}`);
      this.say(value.kind === 'inline' ? textOf(value.bytes) : `sha256 ${value.digest}`);
    }
    const plain = sorted.map(({ value, ...rest }) => ({
      ...rest,
      value: value.kind === 'inline' ? { kind: value.kind, text: textOf(value.bytes) } : value,
    }));
    return { ...head, entries: plain };
  }
}

/** Text as it is, anything else in hexadecimal. */
function textOf(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  return /^[\P{C}\n\t]*$/u.test(text) && !text.includes('\uFFFD') ? text : `0x${Buffer.from(bytes).toString('hex')}`;
}

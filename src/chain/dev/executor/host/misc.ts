import { RuntimeFailure } from '../failure.ts';
import type { FatPointer } from '../guest.ts';
import type { Host, HostFunctions } from './functions.ts';
import { asVector } from './storage.ts';

/** `ext_allocator_*`, `ext_misc_*`, `ext_logging_*` and what a runtime says when it panics. */
export function miscFunctions(host: Host): HostFunctions {
  const { guest } = host;
  return {
    ext_allocator_malloc_version_1: (size: number) => guest.allocator.allocate(size >>> 0),
    ext_allocator_free_version_1: (address: number) => {
      guest.allocator.free(address >>> 0);
      return undefined;
    },
    ext_misc_print_num_version_1: () => undefined,
    ext_misc_print_utf8_version_1: () => undefined,
    ext_misc_print_hex_version_1: () => undefined,
    ext_misc_runtime_version_version_1: (code: FatPointer) =>
      guest.giveOption(asVector(host.versionOf(guest.take(code)))),
    // 0 is off: what the runtime logs beyond the reason of a panic is for its developers.
    ext_logging_max_level_version_1: () => 0,
    ext_logging_log_version_1: (_level: number, _target: FatPointer, message: FatPointer) => {
      host.log(guest.text(message));
      return undefined;
    },
    ext_panic_handler_abort_on_panic_version_1: (message: FatPointer) => {
      throw new RuntimeFailure(guest.text(message));
    },
    ext_wasm_tracing_enabled_version_1: () => 0,
    ext_wasm_tracing_enter_span_version_1: () => 0n,
    ext_wasm_tracing_event_version_1: () => undefined,
    ext_wasm_tracing_exit_version_1: () => undefined,
    // Notes for nodes that keep an index beside the state: this chain has none.
    ext_offchain_index_set_version_1: () => undefined,
    ext_offchain_index_clear_version_1: () => undefined,
    ext_transaction_index_index_version_1: () => undefined,
    ext_transaction_index_renew_version_1: () => undefined,
  };
}

/** Names that begin so belong to workers and key stores beside the chain, which only a node has. */
const NODE_ONLY = /^ext_(offchain_|crypto_(ed25519|sr25519|ecdsa)_(generate|sign|public_keys))/;

/** What stands in for a function that only a node has; `undefined` for any other name. */
export function nodeOnlyFunction(name: string): (() => never) | undefined {
  if (!NODE_ONLY.test(name)) return undefined;
  return () => {
    throw new RuntimeFailure(`The embedded chain has no off-chain worker and no key store (${name})`);
  };
}

//! What one call may carry. A rotation carries all of a role, so a role is kept small enough for one call.

use contract_common::HOUR_BLOCKS;

/// Members of a role, at most.
pub const MAX_MEMBERS: usize = 64;

/// Values of a role, at most.
pub const MAX_VALUES: usize = 64;

/// A sealed key: an X25519 key for the exchange, the sealed key itself, and a tag.
pub const SHARE_BYTES: usize = 32 + 32 + 16;

/// What sealing adds to a value, in bytes: no sealed value can be smaller.
pub const SEAL_BYTES: usize = 32 + 16;

/// Largest sealed value, in bytes.
pub const MAX_SEALED_BYTES: usize = 8 * 1024;

/// All sealed values of a role together, in bytes, at most.
pub const MAX_ROLE_BYTES: u32 = 96 * 1024;

/// Size of the pieces that possession of off-chain data is proved by, in bytes. The last one may be shorter.
pub const CHUNK_BYTES: u32 = 1024;

/// Largest data that can be anchored, in bytes: 1 TiB.
pub const MAX_DATA_BYTES: u64 = 1 << 40;

/// Time to answer a challenge, in blocks.
pub const CHALLENGE_BLOCKS: u32 = HOUR_BLOCKS / 4;

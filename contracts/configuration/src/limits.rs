//! What one call may carry. The chain takes storage values of 16 KiB at most and gives a contract 1 MiB of memory.

/// Longest key, in bytes.
pub const MAX_KEY_BYTES: usize = 128;

/// Longest media type, in bytes.
pub const MAX_MEDIA_TYPE_BYTES: usize = 128;

/// Largest value kept on chain, in bytes. With the rest of its entry it must fit one storage value.
pub const MAX_INLINE_BYTES: usize = 15 * 1024;

/// Changes in one call, at most.
pub const MAX_CHANGES: usize = 1024;

/// SCALE bytes of all changes in one call, at most.
pub const MAX_CHANGES_BYTES: usize = 192 * 1024;

/// Keys of a section, at most.
pub const MAX_KEYS: u32 = 1024;

/// Keys in one page of a listing, at most.
pub const MAX_PAGE: u32 = 256;

/// SCALE bytes of the entries in one answer, at most.
pub const MAX_ANSWER_BYTES: usize = 192 * 1024;

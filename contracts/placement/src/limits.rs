//! What one call may carry, and how much of a class stays free.

/// Longest name of a class or a guest, in bytes.
pub const MAX_NAME_BYTES: usize = 63;

/// Share of a class's capacity that guests may be placed on, in percent. The rest is kept for guests of hosts that fail.
pub const USABLE_PERCENT: u64 = 70;

/// Entries in one page of a listing, at most.
pub const MAX_PAGE: u32 = 64;

/// Largest capacity of one host, in each unit: no class's sum can overflow before there are 2^32 hosts.
pub const MAX_CAPACITY: u32 = 1 << 24;

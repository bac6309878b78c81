//! What one call may carry, and how long things last.

use contract_common::{HOUR_BLOCKS, MONTH_BLOCKS};

/// Longest name of a class, in bytes.
pub const MAX_NAME_BYTES: usize = 63;

/// Shortest lease, in blocks.
pub const MIN_BLOCKS: u32 = HOUR_BLOCKS;

/// Longest lease, in blocks.
pub const MAX_BLOCKS: u32 = 12 * MONTH_BLOCKS;

/// Highest price of a block, in Planck: what the longest lease costs at it still fits a balance.
pub const MAX_PRICE: u128 = 1 << 96;

/// Leases in one page of a listing, at most.
pub const MAX_PAGE: u32 = 64;

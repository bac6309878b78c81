//! What one call may carry, and how long things last.

use contract_common::{HOUR_BLOCKS, MONTH_BLOCKS};

/// Longest name of a target, in bytes.
pub const MAX_TARGET_BYTES: usize = 128;

/// Longest reason, in bytes.
pub const MAX_REASON_BYTES: usize = 256;

/// Approvals that may be asked for, at most, and approvers that one proposal counts.
pub const MAX_THRESHOLD: u32 = 32;

/// How long a proposal may wait for its approvals, in blocks.
pub const MAX_WAIT_BLOCKS: u32 = MONTH_BLOCKS;

/// The shortest time that a proposal can be given, in blocks.
pub const MIN_WAIT_BLOCKS: u32 = HOUR_BLOCKS / 60;

/// Proposals in one page of a listing, at most.
pub const MAX_PAGE: u32 = 64;

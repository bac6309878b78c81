//! What one call may carry, and how long things last.

use contract_common::{HOUR_BLOCKS, MONTH_BLOCKS};

/// Longest name of a class, a DVM or an admission's gatekeeper version, in bytes.
pub const MAX_NAME_BYTES: usize = 63;

/// Longest name of a template, in bytes.
pub const MAX_TEMPLATE_BYTES: usize = 128;

/// Longest reason for an exclusion or a failure, in bytes.
pub const MAX_REASON_BYTES: usize = 256;

/// Entries in one page of a listing, at most.
pub const MAX_PAGE: u32 = 64;

/// Operations that a host may have open at once.
pub const MAX_OPEN_OPERATIONS: usize = 64;

/// Longest time that a host may be given for an operation, in blocks: 30 days.
pub const MAX_DEADLINE_BLOCKS: u32 = MONTH_BLOCKS;

/// Time that a new host is given to start its admission guest, in blocks: an hour.
pub const ADMISSION_DEADLINE_BLOCKS: u32 = HOUR_BLOCKS;

//! What the contracts of the infrastructure share.

#![cfg_attr(not(feature = "std"), no_std)]

mod guard;
mod layout;
mod names;
mod page;
mod refusal;
mod roles;
mod section;

#[cfg(feature = "testing")]
pub mod testing;

pub use guard::{gatekeeper, may_call, EXTENSION_ID, MAY_CALL};
pub use layout::{upgrade, Layout};
pub use names::{is_label, is_path, is_text};
pub use page::page;
pub use refusal::Refusal;
pub use roles::{Role, RoleGranted, RoleRevoked, Roles};
pub use section::{Section, MAX_LAYER};

/// The caller's own number for what it asks, so that asking twice does it once.
pub type RequestId = [u8; 32];

/// Blocks in an hour: one takes 3 seconds.
pub const HOUR_BLOCKS: u32 = 60 * 20;

/// Blocks in 30 days.
pub const MONTH_BLOCKS: u32 = 30 * 24 * HOUR_BLOCKS;

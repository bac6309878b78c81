//! What the contracts of the infrastructure share.

#![cfg_attr(not(feature = "std"), no_std)]

mod names;
mod roles;
mod section;

pub use names::{is_label, is_path};
pub use roles::admins_after;
pub use section::{Section, MAX_LAYER};

//! What a new runtime does to the state of the one before it, in the first block that it makes.
//!
//! Every entry checks the storage version that it changes from, so that it runs once and may stay for as long as a chain
//! could still have the old state. `try-runtime` runs them on a copy of a chain's state.

use crate::Runtime;

/// In the order in which they run. Of spec version 1, which was for development alone, only the registry is carried over.
pub type Migrations = (
	pallet_scl::migrations::V1ToV2<Runtime>,
	pallet_drn::migrations::V1ToV2<Runtime>,
	pallet_drn::migrations::V2ToV3<Runtime>,
);

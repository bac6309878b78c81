//! Changes of the storage between releases.

use crate::{Config, ContractCounts, Contracts, Pallet};
use core::marker::PhantomData;
use frame_support::{
	migrations::VersionedMigration,
	traits::{Get, UncheckedOnRuntimeUpgrade},
	weights::Weight,
};

#[cfg(feature = "try-runtime")]
use {alloc::vec::Vec, sp_runtime::TryRuntimeError};

/// Version 2 knows of each account under how many names it is registered.
///
/// It reads the whole registry in one block: a region has a few dozen contracts, and the registry is the
/// administration's alone to fill.
pub type V1ToV2<T> = VersionedMigration<1, 2, CountNames<T>, Pallet<T>, <T as frame_system::Config>::DbWeight>;

/// Counts the names of each contract. Use it through [`V1ToV2`], which runs it once.
pub struct CountNames<T>(PhantomData<T>);

impl<T: Config> UncheckedOnRuntimeUpgrade for CountNames<T> {
	fn on_runtime_upgrade() -> Weight {
		let mut names = 0u64;
		for (_, _, record) in Contracts::<T>::iter() {
			ContractCounts::<T>::mutate(&record.address, |count| *count = count.saturating_add(1));
			names = names.saturating_add(1);
		}
		T::DbWeight::get().reads_writes(names.saturating_mul(2), names)
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<Vec<u8>, TryRuntimeError> {
		frame_support::ensure!(ContractCounts::<T>::iter().next().is_none(), "names are counted already");
		Ok(Vec::new())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(_state: Vec<u8>) -> Result<(), TryRuntimeError> {
		Pallet::<T>::check_state()
	}
}

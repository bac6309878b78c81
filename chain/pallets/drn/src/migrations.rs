//! Changes of the storage between releases.

use crate::{
	types::{ClassName, Member, Report, State},
	BalanceOf, Config, Members, Pallet,
};
use codec::{Decode, Encode};
use core::marker::PhantomData;
use frame_support::{
	migrations::VersionedMigration,
	traits::{Get, UncheckedOnRuntimeUpgrade},
	weights::Weight,
};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_scl::RegionId;
use sp_runtime::traits::Saturating;

#[cfg(feature = "try-runtime")]
use {alloc::vec::Vec, frame_support::ensure, sp_runtime::TryRuntimeError};

/// Version 2 keeps with each member when its next heartbeat is due, because the rules that say so may change.
///
/// It rewrites every member in one block: chains of version 1 have few.
pub type V1ToV2<T> = VersionedMigration<1, 2, KeepDeadlines<T>, Pallet<T>, <T as frame_system::Config>::DbWeight>;

/// A member as version 1 has it.
#[derive(Encode, Decode)]
pub(crate) struct OldMember<Balance, BlockNumber> {
	pub region: RegionId,
	pub class: Option<ClassName>,
	pub state: State<BlockNumber>,
	pub since: BlockNumber,
	pub seen: BlockNumber,
	pub report: Report,
	pub strikes: u32,
	pub collateral: Balance,
}

/// Writes each member's deadline. Use it through [`V1ToV2`], which runs it once.
pub struct KeepDeadlines<T>(PhantomData<T>);

impl<T: Config> UncheckedOnRuntimeUpgrade for KeepDeadlines<T> {
	fn on_runtime_upgrade() -> Weight {
		let mut count = 0u64;
		Members::<T>::translate_values::<OldMember<BalanceOf<T>, BlockNumberFor<T>>, _>(|old| {
			count = count.saturating_add(1);
			let OldMember { region, class, state, since, seen, report, strikes, collateral } = old;
			// Every deadline of version 1 was made by the configured term.
			let due = seen.saturating_add(T::HeartbeatTerm::get());
			Some(Member { region, class, state, since, seen, report, strikes, collateral, due, clean: 0 })
		});
		T::DbWeight::get().reads_writes(count, count)
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<Vec<u8>, TryRuntimeError> {
		Ok((Members::<T>::iter_keys().count() as u32).encode())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(state: Vec<u8>) -> Result<(), TryRuntimeError> {
		let before = u32::decode(&mut &state[..]).map_err(|_| "the count of members can't be read")?;
		ensure!(Members::<T>::iter().count() as u32 == before, "a member was lost");
		Pallet::<T>::check_state()
	}
}

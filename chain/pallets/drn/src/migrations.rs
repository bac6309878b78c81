//! Changes of the storage between releases.

use crate::{
	types::{ClassName, Fault, Member, Report, Rules, State, FAULTS},
	BalanceOf, Config, CurrentRules, Members, Pallet,
};
use codec::{Decode, Encode};
use core::marker::PhantomData;
use frame_support::{
	migrations::VersionedMigration,
	pallet_prelude::ConstU32,
	traits::{Get, UncheckedOnRuntimeUpgrade},
	weights::Weight,
	BoundedVec,
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

/// Version 3 has a rule for attestations.
pub type V2ToV3<T> = VersionedMigration<2, 3, KeepRules<T>, Pallet<T>, <T as frame_system::Config>::DbWeight>;

/// Rules as version 2 has them.
#[derive(Encode, Decode)]
pub(crate) struct OldRules<BlockNumber> {
	pub heartbeat_term: BlockNumber,
	pub suspend_at: u32,
	pub exclude_at: u32,
	pub readmit_after: u32,
	pub fatal: BoundedVec<Fault, ConstU32<FAULTS>>,
}

/// Adds the configured term of attestations to the rules that were set. Use it through [`V2ToV3`], which runs it once.
pub struct KeepRules<T>(PhantomData<T>);

impl<T: Config> UncheckedOnRuntimeUpgrade for KeepRules<T> {
	fn on_runtime_upgrade() -> Weight {
		// Nobody could have stored others: where they can't be read, the first rules hold.
		let _ = CurrentRules::<T>::translate::<OldRules<BlockNumberFor<T>>, _>(|old| {
			old.map(|OldRules { heartbeat_term, suspend_at, exclude_at, readmit_after, fatal }| Rules {
				heartbeat_term,
				suspend_at,
				exclude_at,
				readmit_after,
				fatal,
				attest_term: T::AttestTerm::get(),
			})
		});
		T::DbWeight::get().reads_writes(1, 1)
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<Vec<u8>, TryRuntimeError> {
		let key = CurrentRules::<T>::hashed_key();
		Ok(frame_support::storage::unhashed::get_raw(&key).unwrap_or_default())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(before: Vec<u8>) -> Result<(), TryRuntimeError> {
		let after = frame_support::storage::unhashed::get_raw(&CurrentRules::<T>::hashed_key()).unwrap_or_default();
		ensure!(after.starts_with(&before), "a rule was lost");
		Pallet::<T>::check_state()
	}
}

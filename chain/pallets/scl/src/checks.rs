//! What must hold of the storage between blocks.

use crate::{
	names, Config, ContractCounts, Contracts, Gatekeepers, HoldReason, Pallet, Revisions, Standing, SuspendedByRules,
	MAX_LAYER,
};
use alloc::collections::btree_map::BTreeMap;
use codec::Encode;
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::{traits::Zero, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks what must hold of the storage between blocks.
	pub fn check_state() -> Result<(), TryRuntimeError> {
		Self::check_contracts()?;
		Self::check_gatekeepers()
	}

	fn check_contracts() -> Result<(), TryRuntimeError> {
		let now = frame_system::Pallet::<T>::block_number();
		let mut counts = BTreeMap::new();
		for (region, name, record) in Contracts::<T>::iter() {
			ensure!(names::is_label(&region), "a region's name is not a label");
			ensure!(names::is_section(&name.1), "a section's name has the wrong form");
			ensure!(record.layer <= MAX_LAYER, "a layer is out of range");
			ensure!(record.since <= now, "a record is from the future");
			ensure!(record.revision == Revisions::<T>::get(&region, &name), "a record is not of the last revision");
			*counts.entry(record.address.encode()).or_insert(0u32) += 1;
		}
		for (_, _, revision) in Revisions::<T>::iter() {
			ensure!(revision > 0, "a revision was never given");
		}
		let counted = ContractCounts::<T>::iter().map(|(address, count)| (address.encode(), count));
		ensure!(counted.collect::<BTreeMap<_, _>>() == counts, "the counts of names differ from the contracts");
		Ok(())
	}

	fn check_gatekeepers() -> Result<(), TryRuntimeError> {
		let now = frame_system::Pallet::<T>::block_number();
		for (account, record) in Gatekeepers::<T>::iter() {
			ensure!(names::is_label(&record.region), "a gatekeeper's region is not a label");
			ensure!(record.since <= now, "a gatekeeper is from the future");
			let excluded = record.standing == Standing::Excluded;
			ensure!(!excluded || record.deposit.is_zero(), "an excluded gatekeeper has a deposit");
			let held = T::Currency::balance_on_hold(&HoldReason::GatekeeperDeposit.into(), &account);
			ensure!(held == record.deposit, "a deposit differs from what is held");
		}
		for account in SuspendedByRules::<T>::iter_keys() {
			let standing = Gatekeepers::<T>::get(&account).map(|record| record.standing);
			ensure!(standing == Some(Standing::Suspended), "the rules suspend a gatekeeper that isn't suspended");
		}
		Ok(())
	}
}

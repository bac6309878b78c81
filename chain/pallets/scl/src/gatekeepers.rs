//! Gatekeepers: the accounts through which every word between the infrastructure and its contracts goes.

use crate::{
	names, BalanceOf, Config, Error, Event, Gatekeepers, HoldReason, Pallet, RecordOfGatekeeper, RegionId,
	SuspendedByRules,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::{BalancedHold, MutateHold},
		tokens::Precision,
		Contains, Get, OnUnbalanced,
	},
};
use scale_info::TypeInfo;
use sp_runtime::traits::Zero;

/// What a gatekeeper does. The order is part of the encoding.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	serde::Serialize,
	serde::Deserialize,
)]
pub enum GatekeeperRole {
	/// Speaks for one machine of the region.
	Client,
	/// Speaks for the region's servers, and judges its clients.
	Main,
}

/// Whether a gatekeeper may act. The order is part of the encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Standing {
	/// It may call contracts.
	Good,
	/// It may not for now; its deposit stays.
	Suspended,
	/// It may not again, and its deposit is gone. It can neither leave nor register anew.
	Excluded,
}

/// A registered gatekeeper.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct GatekeeperRecord<Balance, BlockNumber> {
	/// The region that it belongs to.
	pub region: RegionId,
	pub role: GatekeeperRole,
	pub standing: Standing,
	/// Block in which it was registered.
	pub since: BlockNumber,
	/// What is held of its account: zero for those that the administration or the genesis entered.
	pub deposit: Balance,
}

/// What other pallets ask about gatekeepers, and tell.
pub trait GatekeeperRegistry<AccountId> {
	/// Region of a gatekeeper in good standing; `None` for every other account.
	fn region_of(account: &AccountId) -> Option<RegionId>;

	/// Whether the account is a main gatekeeper of the region, in good standing.
	fn is_main(account: &AccountId, region: &RegionId) -> bool;

	/// How a gatekeeper stands; `None` for an account that isn't one.
	fn standing_of(account: &AccountId) -> Option<Standing>;

	/// Suspends a gatekeeper in good standing, until it is re-admitted. Every other account stays as it is.
	fn suspend(account: &AccountId);

	/// Gives a gatekeeper its good standing back, if it was [`suspend`](Self::suspend) that took it and the
	/// administration has said nothing since. Every other account stays as it is.
	fn readmit(account: &AccountId);

	/// Excludes a gatekeeper for good and takes its deposit. An account that isn't one, or already is excluded, stays
	/// as it is.
	fn exclude(account: &AccountId);

	/// Enters an account as a gatekeeper in good standing, for benchmarks.
	#[cfg(feature = "runtime-benchmarks")]
	fn enter(account: &AccountId, region: RegionId, role: GatekeeperRole);
}

impl<T: Config> GatekeeperRegistry<T::AccountId> for Pallet<T> {
	fn region_of(account: &T::AccountId) -> Option<RegionId> {
		Gatekeepers::<T>::get(account).filter(|record| record.standing == Standing::Good).map(|record| record.region)
	}

	fn is_main(account: &T::AccountId, region: &RegionId) -> bool {
		Gatekeepers::<T>::get(account).is_some_and(|record| {
			record.standing == Standing::Good && record.role == GatekeeperRole::Main && record.region == *region
		})
	}

	fn standing_of(account: &T::AccountId) -> Option<Standing> {
		Gatekeepers::<T>::get(account).map(|record| record.standing)
	}

	fn suspend(account: &T::AccountId) {
		let Some(record) = Gatekeepers::<T>::get(account) else { return };
		if record.standing == Standing::Good {
			SuspendedByRules::<T>::insert(account, ());
			Self::store_standing(account, record, Standing::Suspended);
		}
	}

	fn readmit(account: &T::AccountId) {
		if SuspendedByRules::<T>::take(account).is_none() {
			return;
		}
		if let Some(record) = Gatekeepers::<T>::get(account) {
			Self::store_standing(account, record, Standing::Good);
		}
	}

	fn exclude(account: &T::AccountId) {
		let Some(record) = Gatekeepers::<T>::get(account) else { return };
		if record.standing != Standing::Excluded {
			Self::store_excluded(account, record);
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn enter(account: &T::AccountId, region: RegionId, role: GatekeeperRole) {
		let since = frame_system::Pallet::<T>::block_number();
		let record = GatekeeperRecord { region, role, standing: Standing::Good, since, deposit: Zero::zero() };
		Gatekeepers::<T>::insert(account, record);
	}
}

impl<T: Config> Pallet<T> {
	/// Whether the account is a gatekeeper in good standing.
	pub fn is_gatekeeper(account: &T::AccountId) -> bool {
		Gatekeepers::<T>::get(account).is_some_and(|record| record.standing == Standing::Good)
	}

	/// Whether contracts of the infrastructure may take orders from this account: a gatekeeper in good standing, or one
	/// of those contracts.
	pub fn may_call(account: &T::AccountId) -> bool {
		Self::is_gatekeeper(account) || Self::is_registered_contract(account)
	}

	/// Registers a client gatekeeper at its own wish.
	pub(crate) fn enter_client(account: T::AccountId, region: RegionId) -> DispatchResult {
		ensure!(names::is_label(&region), Error::<T>::InvalidRegion);
		ensure!(!Gatekeepers::<T>::contains_key(&account), Error::<T>::AlreadyGatekeeper);
		let deposit = T::GatekeeperDeposit::get();
		T::Currency::hold(&HoldReason::GatekeeperDeposit.into(), &account, deposit)?;

		let (role, standing) = (GatekeeperRole::Client, Standing::Good);
		let since = frame_system::Pallet::<T>::block_number();
		let record = GatekeeperRecord { region: region.clone(), role, standing, since, deposit };
		Gatekeepers::<T>::insert(&account, record);
		Self::deposit_event(Event::GatekeeperSet { account, region, role, standing });
		Ok(())
	}

	/// Enters or changes a gatekeeper as the administration says.
	pub(crate) fn set(
		account: T::AccountId,
		region: RegionId,
		role: GatekeeperRole,
		standing: Standing,
	) -> DispatchResult {
		ensure!(names::is_label(&region), Error::<T>::InvalidRegion);
		// What the administration says isn't for the rules to lift.
		SuspendedByRules::<T>::remove(&account);
		let before = Gatekeepers::<T>::get(&account);
		let (since, deposit) = before
			.map(|record| (record.since, record.deposit))
			.unwrap_or_else(|| (frame_system::Pallet::<T>::block_number(), Zero::zero()));
		let record = GatekeeperRecord { region: region.clone(), role, standing, since, deposit };
		if standing == Standing::Excluded {
			Self::store_excluded(&account, record);
		} else {
			Gatekeepers::<T>::insert(&account, record);
		}
		Self::deposit_event(Event::GatekeeperSet { account, region, role, standing });
		Ok(())
	}

	/// Takes a gatekeeper off the registry at its own wish.
	pub(crate) fn leave(account: T::AccountId) -> DispatchResult {
		let record = Gatekeepers::<T>::get(&account).ok_or(Error::<T>::NotAGatekeeper)?;
		ensure!(record.standing == Standing::Good, Error::<T>::NotInGoodStanding);
		ensure!(!T::Bound::contains(&account), Error::<T>::StillBound);
		T::Currency::release(&HoldReason::GatekeeperDeposit.into(), &account, record.deposit, Precision::Exact)?;
		Gatekeepers::<T>::remove(&account);
		Self::deposit_event(Event::GatekeeperLeft { account, region: record.region });
		Ok(())
	}

	fn store_standing(account: &T::AccountId, record: RecordOfGatekeeper<T>, standing: Standing) {
		let (region, role) = (record.region.clone(), record.role);
		Gatekeepers::<T>::insert(account, GatekeeperRecord { standing, ..record });
		Self::deposit_event(Event::GatekeeperSet { account: account.clone(), region, role, standing });
	}

	fn store_excluded(account: &T::AccountId, record: RecordOfGatekeeper<T>) {
		SuspendedByRules::<T>::remove(account);
		let (taken, _) = T::Currency::slash(&HoldReason::GatekeeperDeposit.into(), account, record.deposit);
		let slashed: BalanceOf<T> = frame_support::traits::Imbalance::peek(&taken);
		T::OnSlash::on_unbalanced(taken);
		let region = record.region.clone();
		Gatekeepers::<T>::insert(
			account,
			GatekeeperRecord { standing: Standing::Excluded, deposit: Zero::zero(), ..record },
		);
		Self::deposit_event(Event::GatekeeperExcluded { account: account.clone(), region, slashed });
	}
}

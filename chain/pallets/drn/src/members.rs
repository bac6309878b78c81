//! How members come, stand and go.

use crate::{
	types::{Decision, Member, State, Wait},
	BalanceOf, Challenges, Config, CurrentRules, Due, Error, Event, Guards, HoldReason, MemberOf, Members, Pallet, ReasonOf,
	Reported, Rulings,
};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::{BalancedHold, MutateHold},
		tokens::Precision,
		Contains, Get, Imbalance, OnUnbalanced,
	},
};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_scl::{GatekeeperRegistry, RegionId};
use sp_runtime::{
	traits::{Saturating, Zero},
	DispatchError,
};

/// Whoever is a member, or was excluded as one, or still leaves, has to stay a gatekeeper: it would shed its strikes.
impl<T: Config> Contains<T::AccountId> for Pallet<T> {
	fn contains(account: &T::AccountId) -> bool {
		Members::<T>::contains_key(account)
	}
}

impl<T: Config> Pallet<T> {
	/// Enters a machine against its collateral.
	pub(crate) fn enter(account: T::AccountId) -> DispatchResult {
		let region = T::Registry::region_of(&account).ok_or(Error::<T>::NotAGatekeeper)?;
		ensure!(!Members::<T>::contains_key(&account), Error::<T>::AlreadyMember);
		ensure!(!Guards::<T>::contains_key(&account), Error::<T>::GuardTaken);
		let collateral = T::Collateral::get();
		T::Currency::hold(&HoldReason::Collateral.into(), &account, collateral)?;
		let now = Self::now();
		let member = Member {
			region: region.clone(),
			class: None,
			state: State::Active,
			since: now,
			seen: now,
			report: [0; 32],
			strikes: 0,
			collateral,
			due: Self::next_deadline(),
			clean: 0,
		};
		Self::expect_heartbeat(&account, &member);
		Members::<T>::insert(&account, member);
		Self::deposit_event(Event::Joined { account, region });
		Ok(())
	}

	/// Lets a machine begin to leave.
	pub(crate) fn begin_leave(account: T::AccountId) -> DispatchResult {
		let member = Self::active(&account)?;
		// Whoever has answered need not wait for the judge.
		let challenge = Challenges::<T>::get(&account);
		ensure!(challenge.is_none_or(|challenge| challenge.answer.is_some()), Error::<T>::ChallengeOpen);
		Challenges::<T>::remove(&account);
		Self::expect_no_heartbeat(&account, &member);
		Self::expect_no_attestation(&account);
		let until = Self::now().saturating_add(T::UnbondingTerm::get());
		Members::<T>::insert(&account, Member { state: State::Leaving { until }, ..member });
		Self::deposit_event(Event::Leaving { account, until });
		Ok(())
	}

	/// Gives a machine that has left its collateral back.
	pub(crate) fn finish_leave(account: T::AccountId) -> DispatchResult {
		let member = Members::<T>::get(&account).ok_or(Error::<T>::NotAMember)?;
		let State::Leaving { until } = member.state else { return Err(Error::<T>::NotLeaving.into()) };
		ensure!(until <= Self::now(), Error::<T>::TooEarly);
		T::Currency::release(&HoldReason::Collateral.into(), &account, member.collateral, Precision::Exact)?;
		Members::<T>::remove(&account);
		Rulings::<T>::remove(&account);
		Reported::<T>::remove(&account);
		Self::unbind(&account);
		Self::deposit_event(Event::Left { account });
		Ok(())
	}

	/// Excludes a member: it loses its collateral, and its standing as a gatekeeper.
	pub(crate) fn cast_out(account: &T::AccountId, member: MemberOf<T>, because: ReasonOf<T>) -> MemberOf<T> {
		Self::expect_no_heartbeat(account, &member);
		Self::expect_no_attestation(account);
		if let Some(challenge) = Challenges::<T>::take(account) {
			Due::<T>::remove(challenge.deadline, (account, Wait::Answer));
		}
		let (taken, _) = T::Currency::slash(&HoldReason::Collateral.into(), account, member.collateral);
		let slashed: BalanceOf<T> = taken.peek();
		T::OnSlash::on_unbalanced(taken);
		let member = Member { state: State::Excluded, collateral: Zero::zero(), clean: 0, ..member };
		Members::<T>::insert(account, &member);
		Reported::<T>::remove(account);
		T::Registry::exclude(account);
		Self::deposit_event(Event::Excluded { account: account.clone(), slashed });
		Self::rule(account, Decision::Excluded, because);
		member
	}

	/// A member that is there and active.
	pub(crate) fn active(account: &T::AccountId) -> Result<MemberOf<T>, DispatchError> {
		let member = Members::<T>::get(account).ok_or(Error::<T>::NotAMember)?;
		ensure!(member.state == State::Active, Error::<T>::NotActive);
		Ok(member)
	}

	/// A member that is there, and active or suspended.
	pub(crate) fn present(account: &T::AccountId) -> Result<MemberOf<T>, DispatchError> {
		let member = Members::<T>::get(account).ok_or(Error::<T>::NotAMember)?;
		ensure!(matches!(member.state, State::Active | State::Suspended), Error::<T>::NotActive);
		Ok(member)
	}

	/// Checks that an account is a main gatekeeper of a region.
	pub(crate) fn ensure_main(account: &T::AccountId, region: &RegionId) -> DispatchResult {
		ensure!(T::Registry::is_main(account, region), Error::<T>::NotTheMainGatekeeper);
		Ok(())
	}

	/// Last block in which the heartbeat after one of this block is in time.
	pub(crate) fn next_deadline() -> BlockNumberFor<T> {
		Self::now().saturating_add(CurrentRules::<T>::get().heartbeat_term)
	}

	pub(crate) fn expect_heartbeat(account: &T::AccountId, member: &MemberOf<T>) {
		Due::<T>::insert(member.due, (account, Wait::Heartbeat), ());
	}

	pub(crate) fn expect_no_heartbeat(account: &T::AccountId, member: &MemberOf<T>) {
		Due::<T>::remove(member.due, (account, Wait::Heartbeat));
	}

	pub(crate) fn now() -> BlockNumberFor<T> {
		frame_system::Pallet::<T>::block_number()
	}
}

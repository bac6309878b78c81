//! What must hold of the storage between blocks.

use crate::{
	types::{State, Wait},
	Bonds, Challenges, Config, CurrentRules, Due, Guards, HoldReason, Members, NextDue, Pallet, Reported, Rulings,
};
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::{traits::Zero, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks what must hold of the storage between blocks.
	pub fn check_state() -> Result<(), TryRuntimeError> {
		Self::ensure_valid(&CurrentRules::<T>::get())?;
		let mut waits = 0usize;
		for (account, member) in Members::<T>::iter() {
			let held = T::Currency::balance_on_hold(&HoldReason::Collateral.into(), &account);
			ensure!(held == member.collateral, "a collateral differs from what is held");
			ensure!(member.since <= member.seen, "a member was seen before it joined");
			let excluded = member.state == State::Excluded;
			ensure!(!excluded || member.collateral.is_zero(), "an excluded member has a collateral");
			let suspended = member.state == State::Suspended;
			ensure!(suspended || member.clean == 0, "a member that isn't suspended is on its way back");
			let due = Due::<T>::contains_key(member.due, (&account, Wait::Heartbeat));
			ensure!(due == (suspended || member.state == State::Active), "a member's state differs from its place");
			waits += usize::from(due);
		}
		for (account, challenge) in Challenges::<T>::iter() {
			let member = Members::<T>::get(&account).ok_or("a challenge is of no member")?;
			let present = matches!(member.state, State::Active | State::Suspended);
			ensure!(present, "a challenge is of a member that isn't there");
			let due = Due::<T>::contains_key(challenge.deadline, (&account, Wait::Answer));
			ensure!(due == challenge.answer.is_none(), "a challenge's answer differs from its place");
			waits += usize::from(due);
		}
		for (account, bond) in Bonds::<T>::iter() {
			let member = Members::<T>::get(&account).ok_or("a guard is of no member")?;
			let known = Guards::<T>::get(&bond.guard);
			ensure!(known == Some(account.clone()), "a guard is not known as the machine's");
			ensure!(member.since <= bond.attested && bond.attested <= bond.seen, "an attestation is out of order");
			ensure!(bond.former.is_none() || bond.manifest.is_some(), "a former manifest has no successor");
			let present = matches!(member.state, State::Active | State::Suspended);
			let due = Due::<T>::contains_key(bond.due, (&account, Wait::Attestation));
			ensure!(due == present, "a guard's state differs from its place");
			waits += usize::from(due);
		}
		ensure!(Guards::<T>::iter_keys().count() == Bonds::<T>::iter_keys().count(), "a guard has no machine");
		for account in Rulings::<T>::iter_keys().chain(Reported::<T>::iter_keys()) {
			ensure!(Members::<T>::contains_key(account), "a ruling or a report is of no member");
		}
		ensure!(Due::<T>::iter_keys().count() == waits, "a deadline is of nothing");
		let passed_by = |deadline| NextDue::<T>::get().is_none_or(|next| deadline < next);
		ensure!(!Due::<T>::iter_keys().any(|(deadline, _)| passed_by(deadline)), "a deadline was passed by");
		Ok(())
	}
}

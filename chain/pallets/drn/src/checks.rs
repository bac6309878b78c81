//! What must hold of the storage between blocks.

use crate::{
	types::{State, Wait},
	Challenges, Config, Due, HoldReason, Members, NextDue, Pallet,
};
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use sp_runtime::{traits::Zero, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks what must hold of the storage between blocks.
	pub fn check_state() -> Result<(), TryRuntimeError> {
		let mut waits = 0usize;
		for (account, member) in Members::<T>::iter() {
			let held = T::Currency::balance_on_hold(&HoldReason::Collateral.into(), &account);
			ensure!(held == member.collateral, "a collateral differs from what is held");
			ensure!(member.since <= member.seen, "a member was seen before it joined");
			let excluded = member.state == State::Excluded;
			ensure!(!excluded || member.collateral.is_zero(), "an excluded member has a collateral");
			ensure!(excluded || member.strikes < T::MaxStrikes::get(), "a member has too many strikes");
			let due = Due::<T>::contains_key(Self::heartbeat_deadline(&member), (&account, Wait::Heartbeat));
			ensure!(due == (member.state == State::Active), "a member's state differs from its place");
			waits += usize::from(due);
		}
		for (account, challenge) in Challenges::<T>::iter() {
			let member = Members::<T>::get(&account).ok_or("a challenge is of no member")?;
			ensure!(member.state == State::Active, "a challenge is of a member that isn't active");
			let due = Due::<T>::contains_key(challenge.deadline, (&account, Wait::Answer));
			ensure!(due == challenge.answer.is_none(), "a challenge's answer differs from its place");
			waits += usize::from(due);
		}
		ensure!(Due::<T>::iter_keys().count() == waits, "a deadline is of nothing");
		let passed_by = |deadline| NextDue::<T>::get().is_none_or(|next| deadline < next);
		ensure!(!Due::<T>::iter_keys().any(|(deadline, _)| passed_by(deadline)), "a deadline was passed by");
		Ok(())
	}
}

//! What must hold of the storage between blocks.

use crate::{types::State, Config, Due, NextDue, Pallet, Tickets};
use frame_support::{ensure, traits::Get};
use sp_runtime::{traits::Saturating, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks what must hold of the storage between blocks.
	pub fn check_state() -> Result<(), TryRuntimeError> {
		let mut open = 0usize;
		for (owner, id, ticket) in Tickets::<T>::iter() {
			ensure!(ticket.since <= ticket.deadline, "a ticket was over before it began");
			ensure!(ticket.deadline <= ticket.since.saturating_add(T::MaxTerm::get()), "a ticket is too long");
			let due = Due::<T>::contains_key(ticket.deadline, (&owner, id));
			ensure!(due == (ticket.state == State::Open), "a ticket's state differs from its place");
			open += usize::from(due);
		}
		ensure!(Due::<T>::iter_keys().count() == open, "a deadline is of no ticket");
		let passed_by = |deadline| NextDue::<T>::get().is_none_or(|next| deadline < next);
		ensure!(!Due::<T>::iter_keys().any(|(deadline, _)| passed_by(deadline)), "a deadline was passed by");
		Ok(())
	}
}

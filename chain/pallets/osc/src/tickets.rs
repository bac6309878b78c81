//! What contracts do with tickets.

use crate::{
	types::{Payload, Refusal, State, StorageUse, Ticket, TicketId},
	Config, Due, Event, NextDue, Pallet, TicketOf, Tickets,
};
use codec::MaxEncodedLen;
use frame_support::{ensure, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::Saturating;

impl<T: Config> Pallet<T> {
	/// Submits a ticket, or finds the one that was submitted under this number for the same. `deadline` is the last
	/// block in which it can be closed; a ticket that is there keeps its own.
	///
	/// Fails with `BadDeadline` or `IdTaken`.
	pub fn submit(
		owner: &T::AccountId,
		id: TicketId,
		deadline: BlockNumberFor<T>,
		payload: Payload,
	) -> Result<(TicketOf<T>, StorageUse), Refusal> {
		if let Some(ticket) = Self::ticket(owner, &id) {
			ensure!(ticket.payload == payload, Refusal::IdTaken);
			return Ok((ticket, StorageUse::default()));
		}
		let since = frame_system::Pallet::<T>::block_number();
		ensure!(deadline >= since, Refusal::BadDeadline);
		ensure!(deadline <= since.saturating_add(T::MaxTerm::get()), Refusal::BadDeadline);
		let ticket = Ticket { state: State::Open, payload, since, deadline };
		Tickets::<T>::insert(owner, id, ticket);
		Due::<T>::insert(deadline, (owner, id), ());
		NextDue::<T>::mutate(|next| *next = next.or(Some(since)));
		Self::deposit_event(Event::TicketSubmitted { owner: owner.clone(), id, deadline });
		Ok((ticket, StorageUse { bytes_added: Self::stored_bytes(), items_added: 2, ..Default::default() }))
	}

	/// Closes a ticket. Closing it again with the same outcome changes nothing.
	///
	/// Fails with `NoTicket`, `AlreadyClosed` or `Expired`.
	pub fn close(owner: &T::AccountId, id: TicketId, outcome: u8) -> Result<TicketOf<T>, Refusal> {
		let ticket = Self::ticket(owner, &id).ok_or(Refusal::NoTicket)?;
		match ticket.state {
			State::Closed { outcome: before } if before == outcome => return Ok(ticket),
			State::Closed { .. } => return Err(Refusal::AlreadyClosed),
			State::Expired => return Err(Refusal::Expired),
			State::Open => {}
		}
		let ticket = Ticket { state: State::Closed { outcome }, ..ticket };
		Tickets::<T>::insert(owner, id, ticket);
		Due::<T>::remove(ticket.deadline, (owner, id));
		Self::deposit_event(Event::TicketClosed { owner: owner.clone(), id, outcome });
		Ok(ticket)
	}

	/// Removes a ticket that is over. Its number is free again.
	///
	/// Fails with `NoTicket` or `StillOpen`.
	pub fn forget(owner: &T::AccountId, id: TicketId) -> Result<StorageUse, Refusal> {
		let ticket = Self::ticket(owner, &id).ok_or(Refusal::NoTicket)?;
		ensure!(ticket.state != State::Open, Refusal::StillOpen);
		Tickets::<T>::remove(owner, id);
		Due::<T>::remove(ticket.deadline, (owner, id));
		Ok(StorageUse { bytes_removed: Self::stored_bytes(), items_removed: 2, ..Default::default() })
	}

	/// A ticket as it is now.
	pub fn ticket(owner: &T::AccountId, id: &TicketId) -> Option<TicketOf<T>> {
		let ticket = Tickets::<T>::get(owner, id)?;
		let over = ticket.state == State::Open && ticket.deadline < frame_system::Pallet::<T>::block_number();
		Some(if over { Ticket { state: State::Expired, ..ticket } } else { ticket })
	}

	/// Bytes of a ticket, of its number, and of its place among the deadlines, whether it is still there or not: what is
	/// paid back is what was paid.
	fn stored_bytes() -> u32 {
		let ticket = TicketOf::<T>::max_encoded_len().saturating_add(TicketId::max_encoded_len());
		let due = <(BlockNumberFor<T>, T::AccountId, TicketId)>::max_encoded_len();
		u32::try_from(ticket.saturating_add(due)).unwrap_or(u32::MAX)
	}
}

//! Writes down which tickets have expired, in blocks that have time left.

use crate::{
	types::{State, Ticket},
	Config, Due, Event, NextDue, Pallet, Tickets, WeightInfo,
};
use frame_support::weights::{Weight, WeightMeter};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{One, Saturating};

impl<T: Config> Pallet<T> {
	/// Lets tickets whose deadline is over expire, oldest first, for as long as the weight lasts. Returns what was used.
	pub(crate) fn sweep(now: BlockNumberFor<T>, limit: Weight) -> Weight {
		let mut meter = WeightMeter::with_limit(limit);
		if meter.try_consume(T::WeightInfo::next_block()).is_err() {
			return meter.consumed();
		}
		let Some(first) = NextDue::<T>::get() else { return meter.consumed() };
		let mut deadline = first;
		while deadline < now && Self::expire_all(deadline, &mut meter) {
			deadline = deadline.saturating_add(One::one());
			if meter.try_consume(T::WeightInfo::next_block()).is_err() {
				break;
			}
		}
		if deadline != first {
			NextDue::<T>::put(deadline);
		}
		meter.consumed()
	}

	/// Returns whether all tickets of the deadline have expired; `false` when the weight was used up before.
	pub(crate) fn expire_all(deadline: BlockNumberFor<T>, meter: &mut WeightMeter) -> bool {
		for (owner, id) in Due::<T>::iter_key_prefix(deadline) {
			if meter.try_consume(T::WeightInfo::expire()).is_err() {
				return false;
			}
			Due::<T>::remove(deadline, (&owner, id));
			Tickets::<T>::mutate(&owner, id, |ticket| {
				*ticket = ticket.map(|ticket| Ticket { state: State::Expired, ..ticket });
			});
			Self::deposit_event(Event::TicketExpired { owner, id });
		}
		true
	}
}

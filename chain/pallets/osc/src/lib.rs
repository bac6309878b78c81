//! # Operation tickets (OSC)
//!
//! What contracts that operate the infrastructure need of the chain: requests that are made once and end in time.
//!
//! A contract submits a *ticket* under a number of the asker's choice. Submitting it again is answered with the ticket
//! that is there, so that a gatekeeper which doesn't know whether its request arrived asks again without harm; the same
//! number for something else is refused. A ticket is closed with an outcome until its deadline, and expires after it.
//! Neither waits for anyone: a ticket reads as expired from the block after its deadline on. Blocks that have time left
//! write that down and say so by an event, oldest deadline first, as much as their weight allows.
//!
//! Contracts come in by a chain extension of the runtime, which charges [`WeightInfo`] before the work and a deposit by
//! the [`StorageUse`] that is returned. Tickets belong to the account of the contract, which forgets those that are over
//! to have its deposit back. The only call is [`Pallet::clear`], by which the administration removes what a contract
//! that is gone has left.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(any(feature = "try-runtime", test))]
mod checks;
mod sweep;
mod tickets;
mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who may remove what a contract has left.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Blocks between a ticket's submission and its deadline, at most.
		#[pallet::constant]
		type MaxTerm: Get<BlockNumberFor<Self>>;

		/// What the work costs.
		type WeightInfo: WeightInfo;
	}

	/// A ticket, in this runtime's types.
	pub type TicketOf<T> = Ticket<BlockNumberFor<T>>;

	/// The tickets, by owner and number.
	#[pallet::storage]
	pub type Tickets<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Blake2_128Concat, TicketId, TicketOf<T>, OptionQuery>;

	/// The open tickets, by their deadline.
	#[pallet::storage]
	pub type Due<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		BlockNumberFor<T>,
		Blake2_128Concat,
		(T::AccountId, TicketId),
		(),
		OptionQuery,
	>;

	/// The first deadline that wasn't looked at yet; `None` before the first ticket.
	#[pallet::storage]
	pub type NextDue<T: Config> = StorageValue<_, BlockNumberFor<T>, OptionQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A ticket was submitted.
		TicketSubmitted { owner: T::AccountId, id: TicketId, deadline: BlockNumberFor<T> },
		/// A ticket was closed in time.
		TicketClosed { owner: T::AccountId, id: TicketId, outcome: u8 },
		/// A ticket's deadline went by.
		TicketExpired { owner: T::AccountId, id: TicketId },
		/// All tickets of an owner were removed.
		Cleared { owner: T::AccountId, items: u32 },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The owner has more tickets than the call was weighed for.
		TooManyItems,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_idle(now: BlockNumberFor<T>, remaining: Weight) -> Weight {
			Self::sweep(now, remaining)
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_block: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::check_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Removes all tickets of a contract that is gone. `items` is the most that there may be, which the call is
		/// weighed by.
		///
		/// Fails with `TooManyItems`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::clear(*items))]
		pub fn clear(origin: OriginFor<T>, owner: T::AccountId, items: u32) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			let some = (items as usize).saturating_add(1);
			let tickets = Tickets::<T>::iter_prefix(&owner).take(some).collect::<Vec<_>>();
			let count = u32::try_from(tickets.len()).unwrap_or(u32::MAX);
			ensure!(count <= items, Error::<T>::TooManyItems);
			for (id, ticket) in tickets {
				Tickets::<T>::remove(&owner, id);
				Due::<T>::remove(ticket.deadline, (&owner, id));
			}
			Self::deposit_event(Event::Cleared { owner, items: count });
			Ok(())
		}
	}
}

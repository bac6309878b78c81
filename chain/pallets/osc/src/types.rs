//! What the pallet holds. Order and types of fields and variants are part of the encoding.

use codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The asker's own number for what it asks, so that asking twice does it once.
pub type TicketId = [u8; 32];

/// BLAKE2b-256 of what is asked for, by the contract's own reckoning.
pub type Payload = [u8; 32];

/// How far a ticket is. The order is part of the encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum State {
	/// It waits to be closed.
	Open,
	/// It was closed in time, with an outcome that the contract gives a meaning.
	Closed { outcome: u8 },
	/// Its deadline went by.
	Expired,
}

/// One thing that was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Ticket<BlockNumber> {
	pub state: State,
	pub payload: Payload,
	/// Block in which it was submitted.
	pub since: BlockNumber,
	/// Last block in which it can be closed.
	pub deadline: BlockNumber,
}

/// How much was added to the chain's storage and taken from it, by what is to be paid for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StorageUse {
	pub bytes_added: u32,
	pub bytes_removed: u32,
	pub items_added: u32,
	pub items_removed: u32,
}

/// Why nothing was changed. The order is part of the encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Refusal {
	/// The deadline is over, or further off than it may be.
	BadDeadline,
	/// The number was given to something else.
	IdTaken,
	/// There is no ticket of this number.
	NoTicket,
	/// The ticket was closed with another outcome.
	AlreadyClosed,
	/// The ticket's deadline went by.
	Expired,
	/// The ticket is still open.
	StillOpen,
}

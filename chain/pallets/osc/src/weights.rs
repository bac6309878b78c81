//! Weights of the pallet's work. Most of it is done for contracts, through a chain extension that charges it before.

#[rustfmt::skip]
mod measured;

use frame_support::weights::Weight;
pub use measured::SubstrateWeight;

/// What the pallet's work costs.
pub trait WeightInfo {
	/// Submitting a ticket.
	fn submit() -> Weight;
	/// Closing a ticket.
	fn close() -> Weight;
	/// Forgetting a ticket.
	fn forget() -> Weight;
	/// Reading a ticket.
	fn ticket() -> Weight;
	/// Letting one ticket expire.
	fn expire() -> Weight;
	/// Finding that no ticket expires in a block.
	fn next_block() -> Weight;
	/// Weight of `clear` with `n` tickets.
	fn clear(n: u32) -> Weight;
}

mod fuzz;
#[cfg(feature = "try-runtime")]
mod state;
mod sweep;
mod tickets;
mod weights;

use crate::TicketId;

/// The contract that the tickets belong to.
const OWNER: u64 = 1;

fn id(number: u8) -> TicketId {
	[number; 32]
}

mod fuzz;
mod sweep;
mod tickets;

use crate::TicketId;

/// The contract that the tickets belong to.
const OWNER: u64 = 1;

fn id(number: u8) -> TicketId {
	[number; 32]
}

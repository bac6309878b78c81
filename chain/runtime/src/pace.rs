//! How fast the chain's clocks run.
//!
//! Each period has two lengths: that of a real chain, and one that lets a test network live through epochs, eras and
//! referenda within minutes (feature `fast-runtime`). Nothing else differs between the two.

use crate::BlockNumber;

const fn millis(real: u64, fast: u64) -> u64 {
	if cfg!(feature = "fast-runtime") {
		fast
	} else {
		real
	}
}

const fn blocks(real: BlockNumber, fast: BlockNumber) -> BlockNumber {
	if cfg!(feature = "fast-runtime") {
		fast
	} else {
		real
	}
}

/// Time between two blocks.
pub const BLOCK_MILLIS: u64 = millis(3_000, 2_000);

/// Real time in blocks.
pub const MINUTES: BlockNumber = (60_000 / BLOCK_MILLIS) as BlockNumber;
pub const HOURS: BlockNumber = 60 * MINUTES;
pub const DAYS: BlockNumber = 24 * HOURS;

/// Slots in an epoch, which is a session too.
pub const EPOCH_SLOTS: BlockNumber = blocks(HOURS, 10);

/// Sessions in an era.
pub const SESSIONS_PER_ERA: u32 = blocks(6, 2);

/// Eras that stake stays bonded after it was withdrawn: a week.
pub const BONDING_ERAS: u32 = blocks(28, 3);

/// Eras in which a slash can still be called off: two days.
pub const SLASH_DEFER_ERAS: u32 = blocks(8, 0);

/// How long a motion of the council is open for votes.
pub const MOTION: BlockNumber = blocks(3 * DAYS, 30);

/// How long tokens that voted stay locked, for each step of conviction.
pub const VOTE_LOCK: BlockNumber = blocks(7 * DAYS, 5);

/// A referendum that nobody paid the decision deposit of is forgotten after this time.
pub const UNDECIDED: BlockNumber = blocks(14 * DAYS, 60);

/// Time between two payments of the treasury's approved proposals.
pub const SPENDING: BlockNumber = blocks(7 * DAYS, 20);

/// How long an approved payment can be collected.
pub const PAYOUT: BlockNumber = blocks(30 * DAYS, 200);

/// Length of the network's first phase, in which the council may stop referenda: two years.
pub const FIRST_PHASE: BlockNumber = 2 * 365 * DAYS;

/// The periods of a referendum.
pub struct ReferendumPace {
	/// Before it can be decided.
	pub prepare: BlockNumber,
	/// In which it can pass.
	pub decide: BlockNumber,
	/// For which it has to hold its majority.
	pub confirm: BlockNumber,
	/// Between its confirmation and what it does.
	pub enact: BlockNumber,
}

/// Referenda that can do anything, or that change the network's rules.
pub const WEIGHTY: ReferendumPace = ReferendumPace {
	prepare: blocks(DAYS, 2),
	decide: blocks(14 * DAYS, 30),
	confirm: blocks(DAYS, 3),
	enact: blocks(DAYS, 2),
};

/// Referenda whose effect is limited.
pub const LIGHT: ReferendumPace = ReferendumPace {
	prepare: blocks(2 * HOURS, 1),
	decide: blocks(7 * DAYS, 20),
	confirm: blocks(12 * HOURS, 2),
	enact: blocks(2 * HOURS, 1),
};

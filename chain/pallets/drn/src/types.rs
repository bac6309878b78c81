//! What the pallet holds. Order and types of fields and variants are part of the encoding.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::ConstU32, BoundedVec};
use pallet_scl::RegionId;
use scale_info::TypeInfo;

/// Name of a resource class: a label, such as `compute-large`.
pub type ClassName = BoundedVec<u8, ConstU32<32>>;

/// Digest of what a machine reports or answers; what it stands for is between the gatekeepers.
pub type Report = [u8; 32];

/// How a member stands. The order is part of the encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum State<BlockNumber> {
	/// It lends itself, and has to be heard of.
	Active,
	/// It leaves: its collateral is free from this block on.
	Leaving { until: BlockNumber },
	/// It broke the rules and lost its collateral, for good.
	Excluded,
}

/// A machine that lends itself.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Member<Balance, BlockNumber> {
	pub region: RegionId,
	/// What it is good for; `None` until it was measured.
	pub class: Option<ClassName>,
	pub state: State<BlockNumber>,
	/// Block in which it joined.
	pub since: BlockNumber,
	/// Block of its last heartbeat, or of the strike for being silent after it.
	pub seen: BlockNumber,
	/// What it reported last.
	pub report: Report,
	/// How often it was silent or failed a challenge since it last passed one.
	pub strikes: u32,
	/// What is held of its account.
	pub collateral: Balance,
}

/// A question that a member has to answer in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Challenge<Hash, BlockNumber> {
	/// What nobody knew before: the question is made from it.
	pub seed: Hash,
	/// Last block in which it can be answered.
	pub deadline: BlockNumber,
	/// The answer, once it is there; it waits to be judged then.
	pub answer: Option<Report>,
}

/// What a block waits for of a member. The order is part of the encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Wait {
	Heartbeat,
	Answer,
}

/// What a strike is for. The order is part of the encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Fault {
	/// No heartbeat came in time.
	Silent,
	/// No answer came in time.
	Unanswered,
	/// The answer was wrong.
	Wrong,
}

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
	/// It broke the rules, and has to keep them for a while before it counts again.
	Suspended,
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
	/// Its faults since it last passed a challenge or was re-admitted.
	pub strikes: u32,
	/// What is held of its account.
	pub collateral: Balance,
	/// Last block in which its next heartbeat is in time.
	pub due: BlockNumber,
	/// While it is suspended: its heartbeats and right answers since the last strike.
	pub clean: u32,
}

/// The guard that a machine is bound to, and what it attested.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Bond<AccountId, BlockNumber> {
	/// The account that signs the attestations.
	pub guard: AccountId,
	/// Digest of what the machine has to be; `None` until the first attestation.
	pub manifest: Option<Report>,
	/// The manifest before, and the last block in which it is still taken.
	pub former: Option<(Report, BlockNumber)>,
	/// The block that the last attestation answered; that of the binding before the first.
	pub attested: BlockNumber,
	/// The block in which the last attestation was taken; that of the binding before the first.
	pub seen: BlockNumber,
	/// Last block in which the next attestation is in time.
	pub due: BlockNumber,
	/// Whether the last one that was waited for didn't come.
	pub missed: bool,
}

impl<AccountId, BlockNumber: PartialOrd> Bond<AccountId, BlockNumber> {
	/// Whether the machine may be what this digest says, in this block.
	pub fn takes(&self, manifest: Report, now: BlockNumber) -> bool {
		let is_former = |(former, until): &(Report, BlockNumber)| *former == manifest && now <= *until;
		self.manifest.is_none_or(|known| known == manifest) || self.former.as_ref().is_some_and(is_former)
	}
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
	Attestation,
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
	/// It refused an authorised operation, or let it expire.
	Refused,
	/// It is not what it has to be, as an integrity verdict or its guard's attestation shows.
	Deviates,
	/// No attestation of its guard came in time.
	Unattested,
}

impl Fault {
	/// Whether main gatekeepers report it; the others the chain sees itself.
	pub const fn is_reported(self) -> bool {
		matches!(self, Self::Refused | Self::Deviates)
	}

	/// Whether it is that the machine wasn't heard of.
	pub const fn is_absence(self) -> bool {
		matches!(self, Self::Silent | Self::Unattested)
	}
}

/// How many faults there are.
pub const FAULTS: u32 = 6;

/// Most strikes that rules may allow.
pub const MOST_STRIKES: u32 = 1_000;

/// Most heartbeats and answers that rules may ask for before they re-admit.
pub const MOST_CLEAN: u32 = 10_000;

/// Reports of a member that are remembered, so that none counts twice.
pub const REMEMBERED: u32 = 32;

/// What members are held to.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Rules<BlockNumber> {
	/// Blocks between two heartbeats, at most.
	pub heartbeat_term: BlockNumber,
	/// The strike that suspends; where it is the one that excludes, nobody is suspended.
	pub suspend_at: u32,
	/// The strike that excludes.
	pub exclude_at: u32,
	/// Heartbeats and right answers without a strike between them that re-admit a suspended member.
	pub readmit_after: u32,
	/// The faults that exclude at once.
	pub fatal: BoundedVec<Fault, ConstU32<FAULTS>>,
	/// Blocks between two attestations of a bound guard, at most.
	pub attest_term: BlockNumber,
}

/// What was decided of a member. The order is part of the encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Decision {
	Suspended,
	Readmitted,
	Excluded,
}

/// Why it was decided: the rule, what was counted, and the digest of the evidence. The order is part of the encoding.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Reason<AccountId> {
	/// The strikes have reached the rules' limit; the last was for this fault.
	Strikes { fault: Fault, strikes: u32, limit: u32, evidence: Option<Report> },
	/// The rules exclude at once for this fault.
	Fatal { fault: Fault, evidence: Option<Report> },
	/// So many heartbeats and right answers came without a strike between them.
	Clean { clean: u32, limit: u32 },
	/// A main gatekeeper said so; the administration where nobody is named.
	Ordered { by: Option<AccountId> },
}

/// The last decision about a member.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Ruling<AccountId, BlockNumber> {
	pub decision: Decision,
	pub because: Reason<AccountId>,
	/// Block in which it was made.
	pub at: BlockNumber,
}

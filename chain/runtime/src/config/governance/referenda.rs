//! Referenda, votes, and the pallets that carry out what passed.

use super::{
	super::{system::RuntimeBlockWeights, tokens::deposit},
	origins,
	tracks::Tracks,
	Kill, Veto,
};
use crate::*;
use frame_support::{
	parameter_types,
	traits::{
		fungible::HoldConsideration, tokens::currency::ActiveIssuanceOf, ConstU128, ConstU32, EqualPrivilegeOnly,
		LinearStoragePrice,
	},
	weights::Weight,
};
use frame_system::{EnsureRoot, EnsureSigned};
use sp_runtime::Perbill;

/// What a proposer pays until the referendum is over.
pub const SUBMISSION_DEPOSIT: Balance = 10 * LOGOS;

parameter_types! {
	pub const AlarmInterval: BlockNumber = 1;
	pub const UndecidingTimeout: BlockNumber = pace::UNDECIDED;
	pub const VoteLockingPeriod: BlockNumber = pace::VOTE_LOCK;
	pub const PreimageReason: RuntimeHoldReason = RuntimeHoldReason::Preimage(pallet_preimage::HoldReason::Preimage);
	pub MaximumSchedulerWeight: Weight = Perbill::from_percent(80) * RuntimeBlockWeights::get().max_block;
}

impl origins::Config for Runtime {}

impl pallet_conviction_voting::Config for Runtime {
	type BlockNumberProvider = System;
	type Currency = Balances;
	type MaxTurnout = ActiveIssuanceOf<Balances, AccountId>;
	type MaxVotes = ConstU32<512>;
	type Polls = Referenda;
	type RuntimeEvent = RuntimeEvent;
	type VoteLockingPeriod = VoteLockingPeriod;
	type VotingHooks = ();
	type WeightInfo = pallet_conviction_voting::weights::SubstrateWeight<Self>;
}

impl pallet_referenda::Config for Runtime {
	type AlarmInterval = AlarmInterval;
	type BlockNumberProvider = System;
	type CancelOrigin = Veto;
	type Currency = Balances;
	type KillOrigin = Kill;
	type MaxQueued = ConstU32<100>;
	type Preimages = Preimage;
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type Scheduler = Scheduler;
	type Slash = Treasury;
	type SubmissionDeposit = ConstU128<SUBMISSION_DEPOSIT>;
	type SubmitOrigin = EnsureSigned<AccountId>;
	type Tally = pallet_conviction_voting::TallyOf<Runtime>;
	type Tracks = Tracks;
	type UndecidingTimeout = UndecidingTimeout;
	type Votes = pallet_conviction_voting::VotesOf<Runtime>;
	type WeightInfo = pallet_referenda::weights::SubstrateWeight<Self>;
}

impl pallet_scheduler::Config for Runtime {
	type BlockNumberProvider = System;
	type MaxScheduledPerBlock = ConstU32<
		{
			if cfg!(feature = "runtime-benchmarks") {
				512
			} else {
				50
			}
		},
	>;
	type MaximumWeight = MaximumSchedulerWeight;
	type OriginPrivilegeCmp = EqualPrivilegeOnly;
	type PalletsOrigin = OriginCaller;
	type Preimages = Preimage;
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type RuntimeOrigin = RuntimeOrigin;
	type ScheduleOrigin = EnsureRoot<AccountId>;
	type WeightInfo = pallet_scheduler::weights::SubstrateWeight<Self>;
}

impl pallet_preimage::Config for Runtime {
	type Consideration = HoldConsideration<
		AccountId,
		Balances,
		PreimageReason,
		LinearStoragePrice<ConstU128<{ deposit(1, 0) }>, ConstU128<{ deposit(0, 1) }>, Balance>,
	>;
	type Currency = Balances;
	type ManagerOrigin = EnsureRoot<AccountId>;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_preimage::weights::SubstrateWeight<Self>;
}

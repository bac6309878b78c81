//! Nominated proof of stake: who may validate, chosen on chain by sequential Phragmén, and what they earn.

use super::{governance::origins::StakingAdmin, treasury::TreasuryAccount, voter_bags};
use crate::*;
use frame_election_provider_support::{
	bounds::{CountBound, DataProviderBounds, ElectionBounds},
	onchain, SequentialPhragmen, VoteWeight,
};
use frame_support::{
	parameter_types,
	traits::{tokens::imbalance::ResolveTo, ConstBool, ConstU32, EitherOf},
};
use sp_runtime::{curve::PiecewiseLinear, Perbill};

/// Validators at the same time, at most.
pub const MAX_VALIDATORS: u32 = 100;

/// Stakers whose votes an election counts, at most.
const MAX_VOTERS: u32 = 5_000;

/// Candidates that an election looks at, at most.
const MAX_CANDIDATES: u32 = 500;

/// Nominators of a validator that are kept together in one page of storage.
pub const MAX_NOMINATORS_PER_PAGE: u32 = 256;

pallet_staking_reward_curve::build! {
	const REWARD_CURVE: PiecewiseLinear<'static> = curve!(
		min_inflation: 0_025_000,
		max_inflation: 0_100_000,
		ideal_stake: 0_500_000,
		falloff: 0_050_000,
		max_piece_count: 40,
		test_precision: 0_005_000,
	);
}

parameter_types! {
	pub const RewardCurve: &'static PiecewiseLinear<'static> = &REWARD_CURVE;
	/// The heaviest stakers and their candidates, so that an election fits in a block.
	pub const Heaviest: ElectionBounds = ElectionBounds {
		voters: DataProviderBounds { count: Some(CountBound(MAX_VOTERS)), size: None },
		targets: DataProviderBounds { count: Some(CountBound(MAX_CANDIDATES)), size: None },
	};
	pub const BagThresholds: &'static [u64] = &voter_bags::THRESHOLDS;
}

/// The election of validators.
pub struct ValidatorElection;

impl onchain::Config for ValidatorElection {
	type Bounds = Heaviest;
	type DataProvider = Staking;
	type MaxBackersPerWinner = ConstU32<MAX_VOTERS>;
	type MaxWinnersPerPage = ConstU32<MAX_VALIDATORS>;
	type Solver = SequentialPhragmen<AccountId, Perbill>;
	type Sort = ConstBool<true>;
	type System = Runtime;
	type WeightInfo = frame_election_provider_support::weights::SubstrateWeight<Runtime>;
}

/// Sizes for benchmarks of the staking pallet.
pub struct StakingBenchmarks;

impl pallet_staking::BenchmarkingConfig for StakingBenchmarks {
	type MaxNominators = ConstU32<1_000>;
	type MaxValidators = ConstU32<MAX_VALIDATORS>;
}

impl pallet_staking::Config for Runtime {
	type AdminOrigin = EitherOf<frame_system::EnsureRoot<AccountId>, StakingAdmin>;
	type BenchmarkingConfig = StakingBenchmarks;
	type BondingDuration = ConstU32<{ pace::BONDING_ERAS }>;
	type Currency = Balances;
	type CurrencyBalance = Balance;
	type CurrencyToVote = sp_staking::currency_to_vote::U128CurrencyToVote;
	type ElectionProvider = onchain::OnChainExecution<ValidatorElection>;
	type EraPayout = pallet_staking::ConvertCurve<RewardCurve>;
	type EventListeners = (NominationPools, DelegatedStaking);
	/// Members of pools don't stake alone as well.
	type Filter = pallet_nomination_pools::AllPoolMembers<Runtime>;
	type GenesisElectionProvider = onchain::OnChainExecution<ValidatorElection>;
	type HistoryDepth = ConstU32<84>;
	type MaxControllersInDeprecationBatch = ConstU32<100>;
	type MaxExposurePageSize = ConstU32<MAX_NOMINATORS_PER_PAGE>;
	type MaxUnlockingChunks = ConstU32<32>;
	type MaxValidatorSet = ConstU32<MAX_VALIDATORS>;
	type NextNewSession = Session;
	type NominationsQuota = pallet_staking::FixedNominationsQuota<16>;
	type OldCurrency = Balances;
	type Reward = ();
	/// What an era could have paid out and didn't.
	type RewardRemainder = ResolveTo<TreasuryAccount, Balances>;
	type RuntimeEvent = RuntimeEvent;
	type RuntimeHoldReason = RuntimeHoldReason;
	type SessionInterface = Self;
	type SessionsPerEra = ConstU32<{ pace::SESSIONS_PER_ERA }>;
	type Slash = ResolveTo<TreasuryAccount, Balances>;
	type SlashDeferDuration = ConstU32<{ pace::SLASH_DEFER_ERAS }>;
	type TargetList = pallet_staking::UseValidatorsMap<Self>;
	type UnixTime = Timestamp;
	type VoterList = VoterList;
	type WeightInfo = pallet_staking::weights::SubstrateWeight<Self>;
}

impl pallet_bags_list::Config<pallet_bags_list::Instance1> for Runtime {
	type BagThresholds = BagThresholds;
	/// Stakers that rewards or slashes moved into another bag are sorted anew when a block has time left.
	type MaxAutoRebagPerBlock = ConstU32<5>;
	type RuntimeEvent = RuntimeEvent;
	type Score = VoteWeight;
	type ScoreProvider = Staking;
	type WeightInfo = pallet_bags_list::weights::SubstrateWeight<Self>;
}

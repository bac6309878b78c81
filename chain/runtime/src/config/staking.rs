//! Nominated proof of stake: who may validate, chosen on chain by sequential Phragmén, and what they earn.

use crate::*;
use frame_election_provider_support::{
	bounds::{DataProviderBounds, ElectionBounds},
	onchain, SequentialPhragmen,
};
use frame_support::{
	parameter_types,
	traits::{ConstBool, ConstU32, Nothing},
};
use sp_runtime::{curve::PiecewiseLinear, Perbill};

/// Sessions (epochs of ten minutes) in an era.
pub const SESSIONS_PER_ERA: u32 = 6;

/// Eras that stake stays bonded after it was withdrawn.
pub const BONDING_ERAS: u32 = 28;

/// Validators at the same time, at most.
pub const MAX_VALIDATORS: u32 = 100;

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
	/// The whole of the voters and targets is looked at.
	pub const Unbounded: ElectionBounds = ElectionBounds {
		voters: DataProviderBounds { count: None, size: None },
		targets: DataProviderBounds { count: None, size: None },
	};
}

/// The election of validators.
pub struct ValidatorElection;

impl onchain::Config for ValidatorElection {
	type Bounds = Unbounded;
	type DataProvider = Staking;
	type MaxBackersPerWinner = ConstU32<1_024>;
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
	type AdminOrigin = frame_system::EnsureRoot<AccountId>;
	type BenchmarkingConfig = StakingBenchmarks;
	type BondingDuration = ConstU32<BONDING_ERAS>;
	type Currency = Balances;
	type CurrencyBalance = Balance;
	type CurrencyToVote = sp_staking::currency_to_vote::U128CurrencyToVote;
	type ElectionProvider = onchain::OnChainExecution<ValidatorElection>;
	type EraPayout = pallet_staking::ConvertCurve<RewardCurve>;
	type EventListeners = ();
	type Filter = Nothing;
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
	type RewardRemainder = ();
	type RuntimeEvent = RuntimeEvent;
	type RuntimeHoldReason = RuntimeHoldReason;
	type SessionInterface = Self;
	type SessionsPerEra = ConstU32<SESSIONS_PER_ERA>;
	type Slash = ();
	/// A slash can be called off until a quarter of the bonding time is over.
	type SlashDeferDuration = ConstU32<{ BONDING_ERAS / 4 }>;
	type TargetList = pallet_staking::UseValidatorsMap<Self>;
	type UnixTime = Timestamp;
	type VoterList = pallet_staking::UseNominatorsAndValidatorsMap<Self>;
	type WeightInfo = pallet_staking::weights::SubstrateWeight<Self>;
}

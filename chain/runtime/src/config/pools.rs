//! Nomination pools: those who hold too little to nominate alone stake together. Members' tokens stay in their own
//! accounts, held for the pool.

use super::{governance::origins::StakingAdmin, treasury::TreasuryAccount};
use crate::*;
use frame_support::{
	parameter_types,
	traits::{tokens::imbalance::ResolveTo, ConstU32, ConstU8, EitherOf},
	PalletId,
};
use frame_system::EnsureRoot;
use sp_core::U256;
use sp_runtime::{traits::Convert, FixedU128, Perbill};

parameter_types! {
	pub const PoolsId: PalletId = PalletId(*b"lg/pools");
	pub const DelegationId: PalletId = PalletId(*b"lg/deleg");
	pub const ReporterShare: Perbill = Perbill::from_percent(1);
}

impl pallet_nomination_pools::Config for Runtime {
	type AdminOrigin = EitherOf<EnsureRoot<AccountId>, StakingAdmin>;
	type BalanceToU256 = Widen;
	type BlockNumberProvider = System;
	type Currency = Balances;
	/// Who nominates or validates alone is in no pool.
	type Filter = pallet_staking::AllStakers<Runtime>;
	type MaxMetadataLen = ConstU32<256>;
	type MaxPointsToBalance = ConstU8<10>;
	type MaxUnbonding = ConstU32<8>;
	/// Four eras past the time in which withdrawn stake is still slashed.
	type MaxUnbondingPools = ConstU32<{ pace::BONDING_ERAS + 4 }>;
	type PalletId = PoolsId;
	type RewardCounter = FixedU128;
	type RuntimeEvent = RuntimeEvent;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type StakeAdapter = pallet_nomination_pools::adapter::DelegateStake<Self, Staking, DelegatedStaking>;
	type U256ToBalance = Narrow;
	type WeightInfo = pallet_nomination_pools::weights::SubstrateWeight<Self>;
}

impl pallet_delegated_staking::Config for Runtime {
	type CoreStaking = Staking;
	type Currency = Balances;
	type OnSlash = ResolveTo<TreasuryAccount, Balances>;
	type PalletId = DelegationId;
	type RuntimeEvent = RuntimeEvent;
	type RuntimeHoldReason = RuntimeHoldReason;
	type SlashRewardFraction = ReporterShare;
}

/// Balances as numbers that don't overflow when they are multiplied.
pub struct Widen;

impl Convert<Balance, U256> for Widen {
	fn convert(balance: Balance) -> U256 {
		U256::from(balance)
	}
}

/// The way back; what is more than a balance can be becomes the most that one can be.
pub struct Narrow;

impl Convert<U256, Balance> for Narrow {
	fn convert(number: U256) -> Balance {
		number.try_into().unwrap_or(Balance::MAX)
	}
}

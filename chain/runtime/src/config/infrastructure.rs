//! What the contracts of the infrastructure keep on the chain, and the machines that lend themselves to it.

use super::{governance::origins::NetworkPolicy, treasury::TreasuryAccount};
use crate::*;
use frame_support::traits::{tokens::imbalance::ResolveTo, ConstU128, ConstU32, EitherOf};
use frame_system::EnsureRoot;

/// Who sets the rules of the infrastructure: its own track of referenda, or whoever may change everything.
pub type InfrastructureAdmin = EitherOf<EnsureRoot<AccountId>, NetworkPolicy>;

/// What a machine deposits to lend itself.
pub const MACHINE_COLLATERAL: Balance = 100 * LOGOS;

impl pallet_csc::Config for Runtime {
	type AdminOrigin = InfrastructureAdmin;
	type MaxKeys = ConstU32<2_048>;
	type WeightInfo = pallet_csc::weights::SubstrateWeight<Self>;
}

impl pallet_osc::Config for Runtime {
	type AdminOrigin = InfrastructureAdmin;
	/// A month.
	type MaxTerm = ConstU32<{ 30 * pace::DAYS }>;
	type WeightInfo = pallet_osc::weights::SubstrateWeight<Self>;
}

impl pallet_psc::Config for Runtime {
	type AdminOrigin = InfrastructureAdmin;
	type MaxMembers = ConstU32<64>;
	type WeightInfo = pallet_psc::weights::SubstrateWeight<Self>;
}

impl pallet_drn::Config for Runtime {
	type AdminOrigin = InfrastructureAdmin;
	type AttestTerm = ConstU32<{ 30 * pace::MINUTES }>;
	/// Three minutes: time to wait for a block that is final, and to be taken by a busy chain.
	type AttestWindow = ConstU32<64>;
	type ChallengeTerm = ConstU32<{ 10 * pace::MINUTES }>;
	type Collateral = ConstU128<MACHINE_COLLATERAL>;
	type Currency = Balances;
	type HeartbeatGap = ConstU32<{ pace::MINUTES }>;
	type HeartbeatTerm = ConstU32<{ 30 * pace::MINUTES }>;
	/// Silence alone gets nobody there: it suspends, and is no strike from then on.
	type MaxStrikes = ConstU32<10>;
	type OnSlash = ResolveTo<TreasuryAccount, Balances>;
	type Randomness = RandomnessCollectiveFlip;
	type ReadmitAfter = ConstU32<3>;
	type Registry = Scl;
	type RuntimeHoldReason = RuntimeHoldReason;
	/// An hour of silence.
	type SuspendStrikes = ConstU32<2>;
	/// A week.
	type UnbondingTerm = ConstU32<{ 7 * pace::DAYS }>;
	type WeightInfo = pallet_drn::weights::SubstrateWeight<Self>;
}

//! Who makes blocks, who makes them final, how validators find each other, and how wrongdoing is reported.

use super::staking;
use crate::*;
use frame_support::{
	parameter_types,
	traits::{ConstU128, ConstU32, ConstU64},
};
use sp_consensus_babe::{AllowedSlots, BabeEpochConfiguration};
use sp_runtime::traits::{ConvertInto, OpaqueKeys};

/// How slots are given out in the first epoch: one in four by lot, the others in turn, each provably.
pub const BABE_GENESIS_EPOCH_CONFIG: BabeEpochConfiguration =
	BabeEpochConfiguration { c: (1, 4), allowed_slots: AllowedSlots::PrimaryAndSecondaryVRFSlots };

/// Sessions for which the stake behind a wrongdoing stays bonded.
const BONDED_SESSIONS: u64 = pace::BONDING_ERAS as u64 * pace::SESSIONS_PER_ERA as u64;

parameter_types! {
	/// Reports are taken for as long as the stake behind them is bonded.
	pub const ReportLongevity: u64 = BONDED_SESSIONS * pace::EPOCH_SLOTS as u64;
}

impl pallet_babe::Config for Runtime {
	type DisabledValidators = Session;
	type EpochChangeTrigger = pallet_babe::ExternalTrigger;
	type EpochDuration = ConstU64<{ pace::EPOCH_SLOTS as u64 }>;
	type EquivocationReportSystem = pallet_babe::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
	type ExpectedBlockTime = ConstU64<{ pace::BLOCK_MILLIS }>;
	type KeyOwnerProof = sp_session::MembershipProof;
	type MaxAuthorities = ConstU32<{ staking::MAX_VALIDATORS }>;
	type MaxNominators = ConstU32<{ staking::MAX_NOMINATORS_PER_PAGE }>;
	/// The pallet has no other weights than these.
	type WeightInfo = ();
}

impl pallet_grandpa::Config for Runtime {
	type EquivocationReportSystem =
		pallet_grandpa::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
	type KeyOwnerProof = sp_session::MembershipProof;
	type MaxAuthorities = ConstU32<{ staking::MAX_VALIDATORS }>;
	type MaxNominators = ConstU32<{ staking::MAX_NOMINATORS_PER_PAGE }>;
	type MaxSetIdSessionEntries = ConstU64<BONDED_SESSIONS>;
	type RuntimeEvent = RuntimeEvent;
	/// The pallet has no other weights than these.
	type WeightInfo = ();
}

impl pallet_authorship::Config for Runtime {
	type EventHandler = Staking;
	type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Babe>;
}

impl pallet_authority_discovery::Config for Runtime {
	type MaxAuthorities = ConstU32<{ staking::MAX_VALIDATORS }>;
}

impl pallet_session::Config for Runtime {
	type Currency = Balances;
	type DisablingStrategy = pallet_session::disabling::UpToLimitWithReEnablingDisablingStrategy;
	type KeyDeposit = ConstU128<0>;
	type Keys = SessionKeys;
	type NextSessionRotation = Babe;
	type RuntimeEvent = RuntimeEvent;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type SessionManager = pallet_session::historical::NoteHistoricalRoot<Self, Staking>;
	type ShouldEndSession = Babe;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type WeightInfo = pallet_session::weights::SubstrateWeight<Self>;
}

impl pallet_session::historical::Config for Runtime {
	type FullIdentification = ();
	type FullIdentificationOf = pallet_staking::UnitIdentificationOf<Self>;
	type RuntimeEvent = RuntimeEvent;
}

impl pallet_offences::Config for Runtime {
	type IdentificationTuple = pallet_session::historical::IdentificationTuple<Self>;
	type OnOffenceHandler = Staking;
	type RuntimeEvent = RuntimeEvent;
}

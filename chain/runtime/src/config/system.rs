//! Blocks, time, batches of calls, and the administrator that chains for development have.

use crate::*;
use frame_support::{
	derive_impl,
	dispatch::DispatchClass,
	parameter_types,
	traits::{ConstU16, ConstU32, ConstU64},
	weights::{
		constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_MILLIS},
		Weight,
	},
};
use frame_system::limits::{BlockLength, BlockWeights};
use sp_runtime::Perbill;

/// Two thirds of a block's time may go into running it; a quarter of that is kept for operational transactions.
const MAX_BLOCK_WEIGHT: Weight = Weight::from_parts(pace::BLOCK_MILLIS * 2 / 3 * WEIGHT_REF_TIME_PER_MILLIS, u64::MAX);
const NORMAL_SHARE: Perbill = Perbill::from_percent(75);
const MAX_BLOCK_BYTES: u32 = 5 * 1024 * 1024;

/// A new runtime fits a block, uncompressed too.
const MAX_OPERATIONAL_BYTES: u32 = 8 * 1024 * 1024;

/// Generic Substrate addresses.
pub const SS58_PREFIX: u16 = 42;

parameter_types! {
	pub const Version: RuntimeVersion = VERSION;
	pub RuntimeBlockWeights: BlockWeights = BlockWeights::with_sensible_defaults(MAX_BLOCK_WEIGHT, NORMAL_SHARE);
	pub RuntimeBlockLength: BlockLength = BlockLength::builder()
		.max_length(MAX_OPERATIONAL_BYTES)
		.modify_max_length_for_class(DispatchClass::Normal, |bytes| *bytes = MAX_BLOCK_BYTES)
		.build();
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type AccountData = pallet_balances::AccountData<Balance>;
	type AccountId = AccountId;
	type BaseCallFilter = super::contracts::RegisteredContractsThroughScl;
	type Block = Block;
	/// Two hours: as long as a transaction can stay valid.
	type BlockHashCount = ConstU32<2_400>;
	type BlockLength = RuntimeBlockLength;
	type BlockWeights = RuntimeBlockWeights;
	/// What the chain's own node keeps its state in.
	type DbWeight = ParityDbWeight;
	type ExtensionsWeightInfo = frame_system::SubstrateExtensionsWeight<Runtime>;
	type Hash = Hash;
	type MaxConsumers = ConstU32<16>;
	type Nonce = Nonce;
	type SS58Prefix = ConstU16<SS58_PREFIX>;
	type SingleBlockMigrations = migrations::Migrations;
	type SystemWeightInfo = frame_system::weights::SubstrateWeight<Runtime>;
	type Version = Version;
}

impl pallet_timestamp::Config for Runtime {
	type MinimumPeriod = ConstU64<{ pace::BLOCK_MILLIS / 2 }>;
	type Moment = u64;
	type OnTimestampSet = Babe;
	type WeightInfo = pallet_timestamp::weights::SubstrateWeight<Self>;
}

impl pallet_utility::Config for Runtime {
	type PalletsOrigin = OriginCaller;
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_utility::weights::SubstrateWeight<Self>;
}

impl pallet_sudo::Config for Runtime {
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_sudo::weights::SubstrateWeight<Self>;
}

impl<LocalCall> frame_system::offchain::CreateTransactionBase<LocalCall> for Runtime
where
	RuntimeCall: From<LocalCall>,
{
	type Extrinsic = UncheckedExtrinsic;
	type RuntimeCall = RuntimeCall;
}

impl<LocalCall> frame_system::offchain::CreateBare<LocalCall> for Runtime
where
	RuntimeCall: From<LocalCall>,
{
	fn create_bare(call: RuntimeCall) -> UncheckedExtrinsic {
		UncheckedExtrinsic::new_bare(call)
	}
}

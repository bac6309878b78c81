//! Contracts, and the registry of those that run the infrastructure.

use crate::*;
use frame_support::{
	parameter_types,
	traits::{ConstBool, ConstU128, ConstU32, Nothing},
};
use pallet_scl::{weights::EstimatedWeight, ContractLookup};
use sp_runtime::Perbill;

parameter_types! {
	pub Schedule: pallet_contracts::Schedule<Runtime> = Default::default();
	pub const CodeHashLockupDepositPercent: Perbill = Perbill::from_percent(30);
}

/// Not a source of secrets: whoever makes blocks can influence it.
impl pallet_insecure_randomness_collective_flip::Config for Runtime {}

impl pallet_contracts::Config for Runtime {
	type AddressGenerator = pallet_contracts::DefaultAddressGenerator;
	type ApiVersion = ();
	/// Contracts call each other, and nothing else of the chain.
	type CallFilter = Nothing;
	type CallStack = [pallet_contracts::Frame<Self>; 5];
	type ChainExtension = ();
	type CodeHashLockupDepositPercent = CodeHashLockupDepositPercent;
	type Currency = Balances;
	type Debug = ();
	type DefaultDepositLimit = ConstU128<{ 100 * LOGOS }>;
	/// A LOGOS for 100 kB.
	type DepositPerByte = ConstU128<{ LOGOS / 100_000 }>;
	type DepositPerItem = ConstU128<{ LOGOS / 1_000 }>;
	type Environment = ();
	type InstantiateOrigin = frame_system::EnsureSigned<AccountId>;
	type MaxCodeLen = ConstU32<{ 123 * 1024 }>;
	type MaxDebugBufferLen = ConstU32<{ 2 * 1024 * 1024 }>;
	type MaxDelegateDependencies = ConstU32<32>;
	type MaxStorageKeyLen = ConstU32<128>;
	type MaxTransientStorageSize = ConstU32<{ 1024 * 1024 }>;
	type Migrations = ();
	type Randomness = RandomnessCollectiveFlip;
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Schedule = Schedule;
	type Time = Timestamp;
	type UnsafeUnstableInterface = ConstBool<false>;
	type UploadOrigin = frame_system::EnsureSigned<AccountId>;
	type WeightInfo = pallet_contracts::weights::SubstrateWeight<Self>;
	type WeightPrice = pallet_transaction_payment::Pallet<Self>;
	type Xcm = ();
}

/// The contracts that the contracts pallet knows.
pub struct DeployedContracts;

impl ContractLookup<AccountId, Hash> for DeployedContracts {
	fn code_hash(address: &AccountId) -> Option<Hash> {
		Contracts::code_hash(address)
	}
}

impl pallet_scl::Config for Runtime {
	type AdminOrigin = frame_system::EnsureRoot<AccountId>;
	type ContractLookup = DeployedContracts;
	type WeightInfo = EstimatedWeight<Self>;
}

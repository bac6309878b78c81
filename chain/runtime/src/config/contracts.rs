//! Contracts, and the registry of those that run the infrastructure and of who may call them.

use super::treasury::TreasuryAccount;
use crate::*;
use frame_support::{
	dispatch::DispatchResultWithPostInfo,
	parameter_types,
	traits::{tokens::imbalance::ResolveTo, ConstBool, ConstU128, ConstU32, Contains, Nothing},
	weights::Weight,
};
use pallet_contracts::WeightInfo;
use pallet_scl::{weights::SubstrateWeight, ContractCaller, ContractLookup};
use sp_runtime::{traits::StaticLookup, Perbill};

/// What an account deposits to be a client gatekeeper.
pub const GATEKEEPER_DEPOSIT: Balance = 10 * LOGOS;

/// A block of this chain has two seconds to fill with what contracts store, and its validators have no parachain's limit on
/// their memory. The pallet only checks the figure: it sets nothing.
fn schedule() -> pallet_contracts::Schedule<Runtime> {
	let default = pallet_contracts::Schedule::<Runtime>::default();
	let limits = pallet_contracts::Limits { validator_runtime_memory: 1024 * 1024 * 1024, ..default.limits };
	pallet_contracts::Schedule { limits, ..default }
}

parameter_types! {
	pub Schedule: pallet_contracts::Schedule<Runtime> = schedule();
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
	type ChainExtension = (super::extension::LogosExtension,);
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

/// The contracts that the contracts pallet knows and calls.
pub struct DeployedContracts;

impl ContractLookup<AccountId, Hash> for DeployedContracts {
	fn code_hash(address: &AccountId) -> Option<Hash> {
		Contracts::code_hash(address)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn new_contract() -> AccountId {
		benchmark::new_contract()
	}
}

impl ContractCaller<AccountId, Balance> for DeployedContracts {
	fn weight(gas_limit: Weight) -> Weight {
		<Runtime as pallet_contracts::Config>::WeightInfo::call().saturating_add(gas_limit)
	}

	fn call(
		caller: AccountId,
		dest: AccountId,
		value: Balance,
		gas_limit: Weight,
		storage_deposit_limit: Option<Balance>,
		data: Vec<u8>,
	) -> DispatchResultWithPostInfo {
		let origin = frame_system::RawOrigin::Signed(caller).into();
		// As a function, and not dispatched: the base call filter is for those who don't come through the registry.
		Contracts::call(origin, dest.into(), value, gas_limit, storage_deposit_limit.map(Into::into), data)
	}
}

/// Lets every call pass but those that would call a registered contract without asking the registry. It is part of the
/// base call filter, so that batches, proxies, multisigs and scheduled calls are held to it too.
pub struct RegisteredContractsThroughScl;

impl Contains<RuntimeCall> for RegisteredContractsThroughScl {
	fn contains(call: &RuntimeCall) -> bool {
		match call {
			RuntimeCall::Contracts(
				pallet_contracts::Call::call { dest, .. } | pallet_contracts::Call::call_old_weight { dest, .. },
			) => match <Runtime as frame_system::Config>::Lookup::lookup(dest.clone()) {
				Ok(account) => !Scl::is_registered_contract(&account),
				// There is nothing at such an address: the call says so itself.
				Err(_) => true,
			},
			_ => true,
		}
	}
}

impl pallet_scl::Config for Runtime {
	type AdminOrigin = super::infrastructure::InfrastructureAdmin;
	/// Whoever has lent a machine: it would shed its strikes.
	type Bound = Drn;
	type ContractCaller = DeployedContracts;
	type ContractLookup = DeployedContracts;
	type Currency = Balances;
	type GatekeeperDeposit = ConstU128<GATEKEEPER_DEPOSIT>;
	type OnSlash = ResolveTo<TreasuryAccount, Balances>;
	type RuntimeHoldReason = RuntimeHoldReason;
	type WeightInfo = SubstrateWeight<Self>;
}

#[cfg(feature = "runtime-benchmarks")]
mod benchmark {
	use super::*;
	use pallet_contracts::{Code, CollectEvents, DebugInfo};

	/// A module that does nothing: it imports a page of memory, and exports `deploy` and `call` as an empty function.
	const EMPTY_CONTRACT: &[u8] = &[
		0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // magic, version
		0x01, 0x04, 0x01, 0x60, 0x00, 0x00, // type 0: () -> ()
		0x02, 0x10, 0x01, 0x03, 0x65, 0x6e, 0x76, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x01, 0x01,
		0x01, // import env.memory, of 1 to 1 page
		0x03, 0x02, 0x01, 0x00, // function 0 is of type 0
		0x07, 0x11, 0x02, 0x06, 0x64, 0x65, 0x70, 0x6c, 0x6f, 0x79, 0x00, 0x00, 0x04, 0x63, 0x61, 0x6c, 0x6c, 0x00,
		0x00, // export it as deploy and call
		0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b, // its body is empty
	];

	/// Puts a contract that does nothing on the chain.
	pub fn new_contract() -> AccountId {
		use frame_support::traits::fungible::Mutate;
		let owner: AccountId = frame_benchmarking::account("owner", 0, 0);
		let _ = Balances::set_balance(&owner, 1_000_000 * LOGOS);
		let gas = Weight::from_parts(1_000_000_000_000, u64::MAX / 2);
		Contracts::bare_instantiate(
			owner,
			0,
			gas,
			None,
			Code::Upload(EMPTY_CONTRACT.to_vec()),
			Vec::new(),
			Vec::new(),
			DebugInfo::Skip,
			CollectEvents::Skip,
		)
		.result
		.expect("the empty contract can be put on chain")
		.account_id
	}
}

//! A runtime with this pallet and balances only. Accounts from [`FIRST_CONTRACT`] on are contracts.

use crate::{self as pallet_scl, weights::SubstrateWeight, ContractCaller, ContractLookup, GatekeeperRole, RegionId};
use frame_support::{
	derive_impl,
	dispatch::{DispatchErrorWithPostInfo, DispatchResultWithPostInfo, PostDispatchInfo},
	parameter_types, runtime as frame_runtime,
	traits::{tokens::imbalance::ResolveTo, Contains},
	weights::Weight,
};
use sp_core::H256;
use sp_runtime::{BuildStorage, DispatchError};

/// Accounts from this number on are contracts.
pub const FIRST_CONTRACT: u64 = 100;

/// Gets what is slashed.
pub const TREASURY: u64 = 90;

/// A client gatekeeper's deposit.
pub const DEPOSIT: u64 = 10;

/// What accounts 1 to 9 have in the beginning.
pub const ENDOWMENT: u64 = 100;

/// What a call of [`NumberedContracts`] uses of its gas.
pub const GAS_USED: Weight = Weight::from_parts(7, 3);

/// What [`NumberedContracts`] charge beside the gas.
pub const CALL_BASE: Weight = Weight::from_parts(1_000, 10);

/// Data that makes a contract fail.
pub const FAIL: &[u8] = b"fail";

type Block = frame_system::mocking::MockBlock<Test>;

#[frame_runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(2)]
	pub type Scl = pallet_scl;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type AccountData = pallet_balances::AccountData<u64>;
	type Block = Block;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
}

parameter_types! {
	pub const Deposit: u64 = DEPOSIT;
	pub const Treasury: u64 = TREASURY;
	/// The accounts that have to stay.
	pub static Promised: Vec<u64> = Vec::new();
	/// The calls that were made: caller, destination, value and data.
	pub static Calls: Vec<(u64, u64, u64, Vec<u8>)> = Vec::new();
}

/// Holds those whom the tests name.
pub struct Engaged;

impl Contains<u64> for Engaged {
	fn contains(account: &u64) -> bool {
		Promised::get().contains(account)
	}
}

/// Its contracts' code hash repeats the low byte of the account. They note the calls made to them, and fail where the
/// data is [`FAIL`].
pub struct NumberedContracts;

impl ContractLookup<u64, H256> for NumberedContracts {
	fn code_hash(address: &u64) -> Option<H256> {
		(*address >= FIRST_CONTRACT).then(|| H256::repeat_byte(*address as u8))
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn new_contract() -> u64 {
		FIRST_CONTRACT
	}
}

impl ContractCaller<u64, u64> for NumberedContracts {
	fn weight(gas_limit: Weight) -> Weight {
		CALL_BASE.saturating_add(gas_limit)
	}

	fn call(
		caller: u64,
		dest: u64,
		value: u64,
		_gas_limit: Weight,
		_storage_deposit_limit: Option<u64>,
		data: Vec<u8>,
	) -> DispatchResultWithPostInfo {
		let post_info = PostDispatchInfo { actual_weight: Some(Self::weight(GAS_USED)), ..Default::default() };
		if data == FAIL {
			return Err(DispatchErrorWithPostInfo { post_info, error: DispatchError::Other("the contract failed") });
		}
		Calls::mutate(|calls| calls.push((caller, dest, value, data)));
		Ok(post_info)
	}
}

impl pallet_scl::Config for Test {
	type AdminOrigin = frame_system::EnsureRoot<u64>;
	type Bound = Engaged;
	type ContractCaller = NumberedContracts;
	type ContractLookup = NumberedContracts;
	type Currency = Balances;
	type GatekeeperDeposit = Deposit;
	type OnSlash = ResolveTo<Treasury, Balances>;
	type RuntimeHoldReason = RuntimeHoldReason;
	type WeightInfo = SubstrateWeight<Test>;
}

/// A region's name that fits.
pub fn region(name: &str) -> RegionId {
	name.as_bytes().to_vec().try_into().expect("name fits")
}

/// A chain whose accounts 1 to 9 are endowed, and with these gatekeepers.
pub fn new_chain(gatekeepers: Vec<(u64, String, GatekeeperRole)>) -> sp_io::TestExternalities {
	let genesis = RuntimeGenesisConfig {
		system: Default::default(),
		balances: pallet_balances::GenesisConfig {
			balances: (1..10).map(|account| (account, ENDOWMENT)).collect(),
			..Default::default()
		},
		scl: pallet_scl::GenesisConfig { gatekeepers },
	};
	let mut chain: sp_io::TestExternalities = genesis.build_storage().expect("the genesis is valid").into();
	chain.execute_with(|| System::set_block_number(1));
	chain
}

/// Runs a test in block 1, and checks the pallet's storage after it.
pub fn in_block_one(test: impl FnOnce()) {
	new_chain(Vec::new()).execute_with(|| {
		test();
		Scl::check_state().expect("the pallet's storage is sound");
	});
}

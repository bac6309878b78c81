//! A runtime with this pallet only. Accounts from [`FIRST_CONTRACT`] on are contracts.

use crate::{self as pallet_scl, weights::EstimatedWeight, ContractLookup};
use frame_support::{derive_impl, runtime as frame_runtime};
use sp_core::H256;
use sp_runtime::BuildStorage;

/// Accounts from this number on are contracts.
pub const FIRST_CONTRACT: u64 = 100;

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
	pub type Scl = pallet_scl;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
}

/// Its contracts' code hash repeats the low byte of the account.
pub struct NumberedContracts;

impl ContractLookup<u64, H256> for NumberedContracts {
	fn code_hash(address: &u64) -> Option<H256> {
		(*address >= FIRST_CONTRACT).then(|| H256::repeat_byte(*address as u8))
	}
}

impl pallet_scl::Config for Test {
	type AdminOrigin = frame_system::EnsureRoot<u64>;
	type ContractLookup = NumberedContracts;
	type WeightInfo = EstimatedWeight<Test>;
}

/// Runs a test in block 1 of an empty chain, and checks the pallet's storage after it.
pub fn in_block_one(test: impl FnOnce()) {
	let storage = frame_system::GenesisConfig::<Test>::default().build_storage().expect("an empty genesis is valid");
	sp_io::TestExternalities::from(storage).execute_with(|| {
		System::set_block_number(1);
		test();
		Scl::check_state().expect("the pallet's storage is sound");
	});
}

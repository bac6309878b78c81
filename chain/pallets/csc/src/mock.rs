//! A runtime with this pallet only.

use crate::{self as pallet_csc, weights::SubstrateWeight};
use frame_support::{derive_impl, runtime as frame_runtime, traits::ConstU32};
use sp_runtime::BuildStorage;

/// Keys of a section, at most.
pub const MAX_KEYS: u32 = 1_100;

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
	pub type Csc = pallet_csc;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
}

impl pallet_csc::Config for Test {
	type AdminOrigin = frame_system::EnsureRoot<u64>;
	type MaxKeys = ConstU32<MAX_KEYS>;
	type WeightInfo = SubstrateWeight<Test>;
}

/// An empty chain in block 1.
pub fn new_chain() -> sp_io::TestExternalities {
	let storage = frame_system::GenesisConfig::<Test>::default().build_storage().expect("an empty genesis is valid");
	let mut chain = sp_io::TestExternalities::from(storage);
	chain.execute_with(|| System::set_block_number(1));
	chain
}

/// Runs a test in an empty chain, and checks the pallet's storage after it.
pub fn in_new_chain(test: impl FnOnce()) {
	new_chain().execute_with(|| {
		test();
		Csc::check_state().expect("the pallet's storage is sound");
	});
}

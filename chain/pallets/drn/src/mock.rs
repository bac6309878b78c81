//! A runtime with this pallet, balances, and a registry of gatekeepers that the tests fill.

use crate::{self as pallet_drn, weights::SubstrateWeight};
use frame_support::{
	derive_impl, parameter_types, runtime as frame_runtime,
	traits::{tokens::imbalance::ResolveTo, ConstU32, ConstU64, Randomness},
};
use pallet_scl::{GatekeeperRegistry, GatekeeperRole, RegionId, Standing};
use sp_core::H256;
use sp_runtime::BuildStorage;
use std::collections::{BTreeMap, BTreeSet};

/// Gets what is slashed.
pub const TREASURY: u64 = 90;

/// What a machine deposits.
pub const COLLATERAL: u64 = 20;

/// What accounts 1 to 9 have in the beginning.
pub const ENDOWMENT: u64 = 100;

/// Main gatekeeper of the region `eu-1`.
pub const MAIN: u64 = 8;

/// Main gatekeeper of the region `eu-2`.
pub const OTHER_MAIN: u64 = 9;

/// Terms, in blocks.
pub const CHALLENGE_TERM: u64 = 3;
pub const HEARTBEAT_GAP: u64 = 2;
pub const HEARTBEAT_TERM: u64 = 6;
pub const UNBONDING_TERM: u64 = 10;
pub const ATTEST_TERM: u64 = 7;
pub const ATTEST_WINDOW: u64 = 4;

/// The strike that suspends, and the one that excludes.
pub const SUSPEND_STRIKES: u32 = 2;
pub const MAX_STRIKES: u32 = 4;

/// Heartbeats and right answers that re-admit.
pub const READMIT_AFTER: u32 = 2;

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
	pub type Drn = pallet_drn;
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
	pub const Treasury: u64 = TREASURY;
	/// The gatekeepers that aren't excluded.
	pub static Gatekeepers: BTreeMap<u64, (RegionId, GatekeeperRole)> = BTreeMap::new();
	/// Those of them that are suspended.
	pub static Suspended: BTreeSet<u64> = BTreeSet::new();
}

/// A registry without deposits.
pub struct ListedGatekeepers;

impl GatekeeperRegistry<u64> for ListedGatekeepers {
	fn region_of(account: &u64) -> Option<RegionId> {
		let suspended = Suspended::get().contains(account);
		Gatekeepers::get().get(account).filter(|_| !suspended).map(|(region, _)| region.clone())
	}

	fn is_main(account: &u64, region: &RegionId) -> bool {
		Gatekeepers::get().get(account) == Some(&(region.clone(), GatekeeperRole::Main))
	}

	fn standing_of(account: &u64) -> Option<Standing> {
		let suspended = Suspended::get().contains(account);
		let standing = if suspended { Standing::Suspended } else { Standing::Good };
		Gatekeepers::get().get(account).map(|_| standing)
	}

	fn suspend(account: &u64) {
		Suspended::mutate(|suspended| suspended.insert(*account));
	}

	fn readmit(account: &u64) {
		Suspended::mutate(|suspended| suspended.remove(account));
	}

	fn exclude(account: &u64) {
		Gatekeepers::mutate(|listed| listed.remove(account));
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn enter(account: &u64, region: RegionId, role: GatekeeperRole) {
		Gatekeepers::mutate(|listed| listed.insert(*account, (region, role)));
	}
}

/// Draws the hash of the subject and the block.
pub struct HashedSubject;

impl Randomness<H256, u64> for HashedSubject {
	fn random(subject: &[u8]) -> (H256, u64) {
		let now = System::block_number();
		(sp_io::hashing::blake2_256(&[subject, &now.to_le_bytes()].concat()).into(), now)
	}
}

impl pallet_drn::Config for Test {
	type AdminOrigin = frame_system::EnsureRoot<u64>;
	type AttestTerm = ConstU64<ATTEST_TERM>;
	type AttestWindow = ConstU64<ATTEST_WINDOW>;
	type ChallengeTerm = ConstU64<CHALLENGE_TERM>;
	type Collateral = ConstU64<COLLATERAL>;
	type Currency = Balances;
	type HeartbeatGap = ConstU64<HEARTBEAT_GAP>;
	type HeartbeatTerm = ConstU64<HEARTBEAT_TERM>;
	type MaxStrikes = ConstU32<MAX_STRIKES>;
	type OnSlash = ResolveTo<Treasury, Balances>;
	type Randomness = HashedSubject;
	type ReadmitAfter = ConstU32<READMIT_AFTER>;
	type Registry = ListedGatekeepers;
	type RuntimeHoldReason = RuntimeHoldReason;
	type SuspendStrikes = ConstU32<SUSPEND_STRIKES>;
	type UnbondingTerm = ConstU64<UNBONDING_TERM>;
	type WeightInfo = SubstrateWeight<Test>;
}

/// A region's name that fits.
pub fn region(name: &str) -> RegionId {
	name.as_bytes().to_vec().try_into().expect("name fits")
}

/// A chain in block 1, whose accounts 1 to 9 are endowed gatekeepers; 1 to 8 are of `eu-1`, 9 is of `eu-2`.
pub fn new_chain() -> sp_io::TestExternalities {
	let genesis = RuntimeGenesisConfig {
		system: Default::default(),
		balances: pallet_balances::GenesisConfig {
			balances: (1..10).map(|account| (account, ENDOWMENT)).collect(),
			..Default::default()
		},
	};
	let clients = (1..MAIN).map(|account| (account, (region("eu-1"), GatekeeperRole::Client)));
	let mains = [(MAIN, "eu-1"), (OTHER_MAIN, "eu-2")];
	let mains = mains.map(|(account, name)| (account, (region(name), GatekeeperRole::Main)));
	Suspended::set(BTreeSet::new());
	Gatekeepers::set(clients.chain(mains).collect());
	let mut chain: sp_io::TestExternalities = genesis.build_storage().expect("the genesis is valid").into();
	chain.execute_with(|| System::set_block_number(1));
	chain
}

/// Runs a test in block 1, and checks the pallet's storage after it.
pub fn in_new_chain(test: impl FnOnce()) {
	new_chain().execute_with(|| {
		test();
		Drn::check_state().expect("the pallet's storage is sound");
	});
}

/// Makes the hash of a block known, as the system does in the next one.
pub fn know(block: u64) {
	frame_system::BlockHash::<Test>::insert(block, H256::from_low_u64_be(1_000 + block));
}

/// Goes to a block, with all the time that its hooks could want.
pub fn go_to(block: u64) {
	use frame_support::{traits::Hooks, weights::Weight};
	for passed in System::block_number()..block {
		know(passed);
	}
	System::set_block_number(block);
	Drn::on_idle(block, Weight::MAX);
	Drn::check_state().expect("the pallet's storage is sound");
}

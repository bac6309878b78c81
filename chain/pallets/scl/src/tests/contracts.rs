use crate::{mock::*, ContractCounts, ContractKind, ContractRecord, Contracts, Error, Event, Revisions, SectionName};
use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};
use sp_core::H256;
use sp_runtime::DispatchError;

const CSC: ContractKind = ContractKind::Configuration;
const OSC: ContractKind = ContractKind::Operation;

fn section(name: &str) -> SectionName {
	name.as_bytes().to_vec().try_into().expect("name fits")
}

fn register(in_region: &str, kind: ContractKind, name: &str, layer: u8, address: u64) -> DispatchResult {
	Scl::register_contract(RuntimeOrigin::root(), region(in_region), kind, section(name), layer, address)
}

fn record(in_region: &str, kind: ContractKind, name: &str) -> Option<ContractRecord<u64, H256, u64>> {
	Contracts::<Test>::get(region(in_region), (kind, section(name)))
}

#[test]
fn registers_a_contract_with_its_code_hash_and_block() {
	in_block_one(|| {
		System::set_block_number(7);
		assert_ok!(register("eu-1", CSC, "network-section-1", 1, 100));
		let expected =
			ContractRecord { address: 100, layer: 1, code_hash: H256::repeat_byte(100), since: 7, revision: 1 };
		assert_eq!(record("eu-1", CSC, "network-section-1"), Some(expected));
		System::assert_last_event(
			Event::ContractRegistered {
				region: region("eu-1"),
				kind: CSC,
				section: section("network-section-1"),
				layer: 1,
				address: 100,
				code_hash: H256::repeat_byte(100),
				revision: 1,
			}
			.into(),
		);
	});
}

#[test]
fn names_are_kept_apart_by_region_kind_and_section() {
	in_block_one(|| {
		assert_ok!(register("eu-1", CSC, "network-section-1", 1, 100));
		assert_ok!(register("eu-1", OSC, "network-section-1", 1, 101));
		assert_ok!(register("eu-1", CSC, "network-section-2", 1, 102));
		assert_ok!(register("eu-2", CSC, "network-section-1", 1, 103));
		let addresses = [
			record("eu-1", CSC, "network-section-1"),
			record("eu-1", OSC, "network-section-1"),
			record("eu-1", CSC, "network-section-2"),
			record("eu-2", CSC, "network-section-1"),
		]
		.map(|found| found.map(|record| (record.address, record.revision)));
		assert_eq!(addresses, [Some((100, 1)), Some((101, 1)), Some((102, 1)), Some((103, 1))]);
	});
}

#[test]
fn a_new_contract_replaces_the_old_one_at_the_next_revision() {
	in_block_one(|| {
		assert_ok!(register("eu-1", CSC, "network-section-1", 1, 100));
		assert_ok!(register("eu-1", CSC, "network-section-1", 2, 101));
		let replaced = record("eu-1", CSC, "network-section-1").expect("is registered");
		assert_eq!((replaced.address, replaced.layer, replaced.revision), (101, 2, 2));
	});
}

#[test]
fn an_account_is_a_registered_contract_for_as_long_as_one_name_is_its() {
	in_block_one(|| {
		assert!(!Scl::is_registered_contract(&100));
		assert_ok!(register("eu-1", CSC, "network-section-1", 1, 100));
		assert_ok!(register("eu-2", OSC, "network-section-1", 1, 100));
		assert_ok!(register("eu-2", OSC, "network-section-1", 1, 100));
		assert_eq!(ContractCounts::<Test>::get(100), 2);

		assert_ok!(register("eu-1", CSC, "network-section-1", 1, 101));
		assert!(Scl::is_registered_contract(&100) && Scl::is_registered_contract(&101));
		assert_ok!(Scl::unregister_contract(RuntimeOrigin::root(), region("eu-2"), OSC, section("network-section-1")));
		assert!(!Scl::is_registered_contract(&100) && Scl::is_registered_contract(&101));
	});
}

#[test]
fn a_contract_is_found_by_its_name() {
	in_block_one(|| {
		assert_ok!(register("eu-1", CSC, "network-section-1", 1, 100));
		assert_eq!(Scl::contract_of(&region("eu-1"), CSC, &section("network-section-1")), Some(100));
		assert_eq!(Scl::contract_of(&region("eu-1"), OSC, &section("network-section-1")), None);
	});
}

#[test]
fn a_revision_never_repeats() {
	in_block_one(|| {
		assert_ok!(register("eu-1", CSC, "network-section-1", 1, 100));
		assert_ok!(Scl::unregister_contract(RuntimeOrigin::root(), region("eu-1"), CSC, section("network-section-1")));
		assert_eq!(record("eu-1", CSC, "network-section-1"), None);
		assert_ok!(register("eu-1", CSC, "network-section-1", 1, 100));
		assert_eq!(record("eu-1", CSC, "network-section-1").map(|record| record.revision), Some(2));

		let name = (CSC, section("network-section-2"));
		Revisions::<Test>::insert(region("eu-1"), &name, u32::MAX);
		assert_noop!(register("eu-1", CSC, "network-section-2", 1, 100), Error::<Test>::RevisionOverflow);
	});
}

#[test]
fn unregistering_says_what_was_removed() {
	in_block_one(|| {
		assert_ok!(register("eu-1", OSC, "compute-section-1", 2, 105));
		let unregister =
			|| Scl::unregister_contract(RuntimeOrigin::root(), region("eu-1"), OSC, section("compute-section-1"));
		assert_ok!(unregister());
		System::assert_last_event(
			Event::ContractUnregistered {
				region: region("eu-1"),
				kind: OSC,
				section: section("compute-section-1"),
				address: 105,
			}
			.into(),
		);
		assert_noop!(unregister(), Error::<Test>::NotRegistered);
	});
}

#[test]
fn only_the_administration_may_change_the_registry() {
	in_block_one(|| {
		let (eu, name) = (region("eu-1"), section("network-section-1"));
		for origin in [RuntimeOrigin::signed(1), RuntimeOrigin::none()] {
			assert_noop!(
				Scl::register_contract(origin.clone(), eu.clone(), CSC, name.clone(), 1, 100),
				DispatchError::BadOrigin
			);
			assert_noop!(Scl::unregister_contract(origin, eu.clone(), CSC, name.clone()), DispatchError::BadOrigin);
		}
	});
}

#[test]
fn refuses_bad_names_layers_and_accounts_that_are_no_contracts() {
	in_block_one(|| {
		for bad in ["", "EU", "eu-", "-eu", "eu_1", "eu 1"] {
			assert_noop!(register(bad, CSC, "network-section-1", 1, 100), Error::<Test>::InvalidRegion);
		}
		for bad in ["", "network", "section-1", "network-section-0", "network-section-x"] {
			assert_noop!(register("eu-1", CSC, bad, 1, 100), Error::<Test>::InvalidSection);
		}
		assert_noop!(register("eu-1", CSC, "network-section-1", 4, 100), Error::<Test>::InvalidLayer);
		assert_noop!(register("eu-1", CSC, "network-section-1", 1, FIRST_CONTRACT - 1), Error::<Test>::NotAContract);
		assert_ok!(register("eu-1", CSC, "network-section-1", 3, FIRST_CONTRACT));
	});
}

#[test]
fn the_order_of_kinds_is_their_encoding() {
	use codec::Encode;
	let kinds = [ContractKind::Configuration, ContractKind::Operation, ContractKind::Privacy];
	assert_eq!(kinds.map(|kind| kind.encode()), [vec![0], vec![1], vec![2]]);
}

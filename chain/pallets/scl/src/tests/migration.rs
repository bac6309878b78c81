use crate::{migrations::V1ToV2, mock::*, ContractCounts, ContractKind, ContractRecord, Contracts, Pallet, Revisions};
use frame_support::traits::{GetStorageVersion, OnRuntimeUpgrade, StorageVersion};
use sp_core::H256;

/// The storage of the release before: two contracts, of which one has two names.
fn version_1() {
	StorageVersion::new(1).put::<Pallet<Test>>();
	for (number, address) in [(1u32, 100), (2, 100), (3, 101)] {
		let section: crate::SectionName =
			format!("network-section-{number}").into_bytes().try_into().expect("name fits");
		let name = (ContractKind::Configuration, section);
		let record = ContractRecord { address, layer: 1, code_hash: H256::zero(), since: 0, revision: 1 };
		Revisions::<Test>::insert(region("eu-1"), &name, 1);
		Contracts::<Test>::insert(region("eu-1"), &name, record);
	}
}

#[test]
fn version_2_counts_the_names_of_each_contract_once() {
	in_block_one(|| {
		version_1();
		V1ToV2::<Test>::on_runtime_upgrade();
		assert_eq!((ContractCounts::<Test>::get(100), ContractCounts::<Test>::get(101)), (2, 1));
		assert_eq!(Scl::on_chain_storage_version(), 2);
		V1ToV2::<Test>::on_runtime_upgrade();
		assert_eq!(ContractCounts::<Test>::get(100), 2);
	});
}

#[cfg(feature = "try-runtime")]
#[test]
fn a_node_that_tries_the_migration_sees_what_it_must_keep() {
	in_block_one(|| {
		version_1();
		frame_support::assert_ok!(V1ToV2::<Test>::try_on_runtime_upgrade(true));
	});
	new_chain(Vec::new()).execute_with(|| {
		version_1();
		ContractCounts::<Test>::insert(100, 1);
		assert!(V1ToV2::<Test>::try_on_runtime_upgrade(true).is_err());
	});
}

use crate::{migrations::V1ToV2, mock::*, ContractCounts, ContractKind, ContractRecord, Contracts, Pallet, Revisions};
use frame_support::traits::{GetStorageVersion, OnRuntimeUpgrade, StorageVersion};
use sp_core::H256;

#[test]
fn version_2_counts_the_names_of_each_contract_once() {
	in_block_one(|| {
		StorageVersion::new(1).put::<Pallet<Test>>();
		for (number, address) in [(1u32, 100), (2, 100), (3, 101)] {
			let section: crate::SectionName =
				format!("network-section-{number}").into_bytes().try_into().expect("name fits");
			let name = (ContractKind::Configuration, section);
			let record = ContractRecord { address, layer: 1, code_hash: H256::zero(), since: 0, revision: 1 };
			Revisions::<Test>::insert(region("eu-1"), &name, 1);
			Contracts::<Test>::insert(region("eu-1"), &name, record);
		}
		V1ToV2::<Test>::on_runtime_upgrade();
		assert_eq!((ContractCounts::<Test>::get(100), ContractCounts::<Test>::get(101)), (2, 1));
		assert_eq!(Scl::on_chain_storage_version(), 2);
		V1ToV2::<Test>::on_runtime_upgrade();
		assert_eq!(ContractCounts::<Test>::get(100), 2);
	});
}

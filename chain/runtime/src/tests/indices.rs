use crate::*;
use frame_support::traits::PalletInfoAccess;

/// A pallet's index is in every stored call, event and error: none changes, and none is given twice.
#[test]
fn pallets_keep_their_indices() {
	let expected = [
		(0, "System"),
		(1, "Timestamp"),
		(2, "Babe"),
		(3, "Authorship"),
		(4, "Balances"),
		(5, "TransactionPayment"),
		(6, "Staking"),
		(7, "Session"),
		(8, "Historical"),
		(9, "Grandpa"),
		(10, "Offences"),
		(11, "RandomnessCollectiveFlip"),
		(12, "Contracts"),
		(13, "Utility"),
		(14, "Sudo"),
		(15, "Scheduler"),
		(16, "Preimage"),
		(17, "Proxy"),
		(18, "Multisig"),
		(19, "Identity"),
		(20, "Scl"),
		(21, "Csc"),
		(22, "Osc"),
		(23, "Psc"),
		(24, "Drn"),
		(25, "Treasury"),
		(26, "Council"),
		(27, "Referenda"),
		(28, "ConvictionVoting"),
		(29, "Origins"),
		(30, "VoterList"),
		(31, "NominationPools"),
		(32, "AuthorityDiscovery"),
		(34, "DelegatedStaking"),
	];
	let found = <AllPalletsWithSystem as frame_support::traits::PalletsInfoAccess>::infos();
	let found: Vec<_> = found.iter().map(|pallet| (pallet.index, pallet.name)).collect();
	assert_eq!(found, expected);
	assert_eq!(Scl::index(), 20);
}

#[test]
fn addresses_are_generic_substrate_addresses() {
	let prefix: u16 = <<Runtime as frame_system::Config>::SS58Prefix as frame_support::traits::Get<u16>>::get();
	assert_eq!(prefix, 42);
}

/// Stored, and signed into transactions: the order of a proxy's types and of governance's origins.
#[test]
fn encodings_of_stored_enums_stay() {
	use codec::Encode;
	use config::{accounts::ProxyType::*, governance::origins::Origin};
	let proxies = [Any, Governance, Staking, Infrastructure, CancelProxy].map(|kind| kind.encode()[0]);
	assert_eq!(proxies, [0, 1, 2, 3, 4]);
	let origins =
		[Origin::NetworkPolicy, Origin::StakingAdmin, Origin::Treasurer, Origin::Spender].map(|o| o.encode()[0]);
	assert_eq!(origins, [0, 1, 2, 3]);
}

use super::chain::*;
use crate::*;
use codec::Encode;
use config::governance::{origins::Origin, tracks};
use frame_support::{
	assert_noop, assert_ok,
	traits::{schedule::DispatchTime, StorePreimage},
};
use pallet_conviction_voting::{AccountVote, Conviction, Vote};
use pallet_referenda::{ReferendumInfo, ReferendumInfoFor};
use sp_core::traits::{ReadRuntimeVersion, ReadRuntimeVersionExt};
use sp_keyring::Sr25519Keyring::{self, *};
use sp_runtime::traits::{BlakeTwo256, Dispatchable, Hash as _};

/// Says of any code that it is the runtime's next version.
struct NextVersion;

impl ReadRuntimeVersion for NextVersion {
	fn read_runtime_version(
		&self,
		_code: &[u8],
		_externalities: &mut dyn sp_externalities::Externalities,
	) -> Result<Vec<u8>, String> {
		Ok(RuntimeVersion { spec_version: VERSION.spec_version + 1, ..VERSION }.encode())
	}
}

/// Alice proposes a call in the name of `origin` and pays for it. Returns the referendum's index.
fn propose(origin: impl Into<OriginCaller>, call: impl Into<RuntimeCall>) -> u32 {
	let index = pallet_referenda::ReferendumCount::<Runtime>::get();
	let proposal = Preimage::bound(call.into()).unwrap();
	assert_ok!(Referenda::submit(signed(Alice), Box::new(origin.into()), proposal, DispatchTime::After(1)));
	assert_ok!(Referenda::place_decision_deposit(signed(Alice), index));
	index
}

fn root() -> OriginCaller {
	frame_system::RawOrigin::Root.into()
}

fn everyone_votes(index: u32, aye: bool) {
	for key in [Alice, Bob, Charlie, Dave, Ferdie] {
		let vote = Vote { aye, conviction: Conviction::Locked1x };
		let balance = 800_000 * LOGOS;
		assert_ok!(ConvictionVoting::vote(signed(key), index, AccountVote::Standard { vote, balance }));
	}
}

/// Blocks until a referendum that all agree on has done what it is about.
fn enough_blocks() -> BlockNumber {
	let pace = &pace::WEIGHTY;
	System::block_number() + pace.prepare + pace.decide + pace.confirm + pace.enact + 2
}

fn council_decides(members: &[Sr25519Keyring], call: RuntimeCall) {
	let index = pallet_collective::ProposalCount::<Runtime, Instance1>::get();
	let hash = BlakeTwo256::hash_of(&call);
	let length = call.encoded_size() as u32;
	assert_ok!(Council::propose(signed(members[0]), members.len() as u32, Box::new(call.clone()), length));
	for member in members {
		assert_ok!(Council::vote(signed(*member), hash, index, true));
	}
	assert_ok!(Council::close(signed(members[0]), hash, index, weight_of(&call), length));
}

type Instance1 = config::governance::CouncilCollective;

#[test]
fn a_referendum_upgrades_the_runtime() {
	let mut state = preset("local_testnet");
	state.register_extension(ReadRuntimeVersionExt::new(NextVersion));
	state.execute_with(|| {
		let code = vec![7; 1_024];
		let code_hash = BlakeTwo256::hash(&code);
		let index = propose(root(), frame_system::Call::authorize_upgrade { code_hash });
		everyone_votes(index, true);
		run_to(enough_blocks());
		assert!(matches!(ReferendumInfoFor::<Runtime>::get(index), Some(ReferendumInfo::Approved(..))));
		assert_eq!(System::authorized_upgrade().map(|it| *it.code_hash()), Some(code_hash));

		// Anyone brings the code; another is refused.
		assert!(System::apply_authorized_upgrade(signed(Eve), vec![8; 1_024]).is_err());
		assert_ok!(System::apply_authorized_upgrade(signed(Eve), code.clone()));
		assert_eq!(sp_io::storage::get(sp_core::storage::well_known_keys::CODE).unwrap(), code);
	});
}

#[test]
fn what_the_voters_refuse_does_not_happen() {
	preset("local_testnet").execute_with(|| {
		let index = propose(root(), frame_system::Call::authorize_upgrade { code_hash: Default::default() });
		everyone_votes(index, false);
		run_to(enough_blocks());
		assert!(matches!(ReferendumInfoFor::<Runtime>::get(index), Some(ReferendumInfo::Rejected(..))));
		assert!(System::authorized_upgrade().is_none());
	});
}

#[test]
fn the_council_vetoes_in_the_first_phase() {
	preset("local_testnet").execute_with(|| {
		let index = propose(root(), frame_system::Call::authorize_upgrade { code_hash: Default::default() });
		everyone_votes(index, true);
		council_decides(&[Alice, Bob, Charlie], pallet_referenda::Call::cancel { index }.into());
		assert!(matches!(ReferendumInfoFor::<Runtime>::get(index), Some(ReferendumInfo::Cancelled(..))));
		run_to(enough_blocks());
		assert!(System::authorized_upgrade().is_none());
	});
}

#[test]
fn the_council_kills_a_harmful_referendum_and_its_deposit_goes_to_the_treasury() {
	preset("local_testnet").execute_with(|| {
		let before = Balances::free_balance(Treasury::account_id());
		let index = propose(root(), frame_system::Call::kill_prefix { prefix: vec![], subkeys: 0 });
		council_decides(&[Alice, Bob, Charlie], pallet_referenda::Call::kill { index }.into());
		assert!(matches!(ReferendumInfoFor::<Runtime>::get(index), Some(ReferendumInfo::Killed(_))));
		assert!(Balances::free_balance(Treasury::account_id()) > before);
	});
}

#[test]
fn the_veto_ends_with_the_first_phase() {
	preset("local_testnet").execute_with(|| {
		let index = propose(root(), frame_system::Call::authorize_upgrade { code_hash: Default::default() });
		System::set_block_number(pace::FIRST_PHASE);
		council_decides(&[Alice, Bob, Charlie], pallet_referenda::Call::cancel { index }.into());
		assert!(matches!(ReferendumInfoFor::<Runtime>::get(index), Some(ReferendumInfo::Ongoing(_))));
	});
}

#[test]
fn the_council_can_do_nothing_but_stop_things() {
	preset("local_testnet").execute_with(|| {
		let council: RuntimeOrigin = pallet_collective::RawOrigin::<AccountId, Instance1>::Members(3, 3).into();
		let calls: [RuntimeCall; 4] = [
			frame_system::Call::authorize_upgrade { code_hash: Default::default() }.into(),
			pallet_sudo::Call::remove_key {}.into(),
			pallet_staking::Call::set_validator_count { new: 1 }.into(),
			pallet_collective::Call::<Runtime, Instance1>::set_members {
				new_members: vec![],
				prime: None,
				old_count: 3,
			}
			.into(),
		];
		for call in calls {
			assert!(call.clone().dispatch(council.clone()).is_err(), "{call:?}");
		}
	});
}

#[test]
fn each_origin_has_its_track() {
	use pallet_referenda::TracksInfo;
	let expected = [
		(root(), tracks::ROOT),
		(Origin::NetworkPolicy.into(), tracks::NETWORK_POLICY),
		(Origin::StakingAdmin.into(), tracks::STAKING_ADMIN),
		(Origin::Treasurer.into(), tracks::TREASURER),
		(Origin::Spender.into(), tracks::SPENDER),
	];
	for (origin, track) in expected {
		assert_eq!(tracks::Tracks::track_for(&origin), Ok(track));
		assert!(tracks::Tracks::info(track).is_some());
	}
	assert_eq!(tracks::Tracks::track_for(&frame_system::RawOrigin::Signed(account(Alice)).into()), Err(()));
	assert_ok!(tracks::Tracks::check_integrity());
}

#[test]
fn the_spender_spends_little() {
	preset("local_testnet").execute_with(|| {
		let spender = RuntimeOrigin::from(Origin::Spender);
		let beneficiary = sp_runtime::MultiAddress::Id(account(Eve));
		let limit = config::treasury::SMALL_PAYMENT;
		assert_ok!(Treasury::spend(spender.clone(), Box::new(()), limit, Box::new(beneficiary.clone()), None));
		assert_noop!(
			Treasury::spend(spender, Box::new(()), limit + 1, Box::new(beneficiary.clone()), None),
			pallet_treasury::Error::<Runtime>::InsufficientPermission
		);
		let treasurer = RuntimeOrigin::from(Origin::Treasurer);
		assert_ok!(Treasury::spend(treasurer, Box::new(()), limit + 1, Box::new(beneficiary), None));
	});
}

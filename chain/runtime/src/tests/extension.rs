use super::{chain::*, contracts::*};
use crate::*;
use codec::Encode;
use frame_support::assert_ok;
use pallet_contracts::Error;
use pallet_csc::changes::{Change, NewValue};
use pallet_scl::ContractKind;
use sp_keyring::Sr25519Keyring::*;

type CscAnswer = Result<pallet_csc::Head, pallet_csc::Refusal>;
type PscAnswer<Answer> = Result<Answer, pallet_psc::Refusal>;

fn set(key: &str, value: &str) -> Change {
	Change::Set { key: key.into(), value: NewValue::Inline(value.into()), media_type: b"text/plain".to_vec() }
}

#[test]
fn a_contract_learns_who_may_call_and_where_others_are() {
	preset("development").execute_with(|| {
		let [contract, other] = [0, 1].map(deploy);
		assert_eq!(ask(&contract, 1, &other), Ok(false));
		let text = |text: &str| text.as_bytes().to_vec();
		let find = |kind: u8| ask(&contract, 2, (text("local"), kind, text("network-section-7")));
		assert_eq!(find(1), Ok(None::<AccountId>));
		let [region, section] = ["local", "network-section-7"].map(text);
		assert_ok!(Scl::register_contract(
			RuntimeOrigin::root(),
			region.try_into().expect("fits"),
			ContractKind::Operation,
			section.try_into().expect("fits"),
			1,
			other.clone()
		));
		assert_eq!(ask(&contract, 1, &other), Ok(true));
		assert_eq!(ask(&contract, 1, account(Charlie)), Ok(false));
		assert_eq!(find(1), Ok(Some(other)));
		assert_eq!(find(0), Ok(None));
	});
}

#[test]
fn a_thousand_keys_change_in_one_transaction() {
	preset("development").execute_with(|| {
		let contract = deploy(0);
		let opened: CscAnswer = ask(&contract, 10, ()).expect("the call succeeds");
		assert_eq!(opened.map(|head| head.version), Ok(0));
		let changes: Vec<_> = (0..1_000).map(|number| set(&format!("host/key-{number}"), &"v".repeat(64))).collect();
		let data = input(11, (0u64, &changes));
		assert!(data.len() < 256 * 1024);
		let (head, gas, deposit) = ask_in_full::<CscAnswer>(&contract, data);
		assert_eq!(head.expect("the call succeeds").map(|head| (head.version, head.count)), Ok((1, 1_000)));
		assert!(deposit > LOGOS, "{deposit}");
		let most = <Runtime as frame_system::Config>::BlockWeights::get()
			.get(frame_support::dispatch::DispatchClass::Normal)
			.max_extrinsic
			.expect("transactions are limited");
		assert!(gas.all_lt(most), "{gas:?} of {most:?}");

		// Removing them gives the deposit back.
		let before = Balances::free_balance(account(Alice));
		let removals: Vec<_> =
			(0..1_000).map(|number| Change::Remove { key: format!("host/key-{number}").into() }).collect();
		let removed: CscAnswer = ask(&contract, 11, (1u64, removals)).expect("the call succeeds");
		assert_eq!(removed.map(|head| head.count), Ok(0));
		assert!(Balances::free_balance(account(Alice)) > before);
	});
}

#[test]
fn any_contract_reads_a_section_and_only_its_own_writes_it() {
	preset("development").execute_with(|| {
		let [owner, reader] = [0, 1].map(deploy);
		assert_ok!(ask::<CscAnswer>(&owner, 10, ()));
		assert_ok!(ask::<CscAnswer>(&owner, 11, (0u64, vec![set("a", "1"), set("b", "2")])));
		let entry = Csc::get(&owner, &b"a".to_vec().try_into().expect("key fits"));
		assert!(entry.is_some());
		assert_eq!(ask(&reader, 12, (&owner, b"a".to_vec())), Ok(entry.clone()));
		assert_eq!(ask(&reader, 12, (&owner, b"none".to_vec())), Ok(None::<pallet_csc::Entry>));
		assert_eq!(ask(&reader, 13, &owner), Ok(Csc::head(&owner)));
		assert_eq!(ask(&reader, 14, (&owner, 0u32, 9u32)), Ok(vec![b"a".to_vec(), b"b".to_vec()]));
		let many = ask(&reader, 15, (&owner, vec![b"none".to_vec(), b"a".to_vec()]));
		assert_eq!(many, Ok(vec![None, entry]));

		let refused: CscAnswer = ask(&reader, 11, (0u64, vec![set("a", "1")])).expect("the call succeeds");
		assert_eq!(refused, Err(pallet_csc::Refusal::NoSection));
		let malformed: CscAnswer = ask(&owner, 11, (1u64, 7u8)).expect("the call succeeds");
		assert_eq!(malformed, Err(pallet_csc::Refusal::MalformedInput));
	});
}

#[test]
fn a_value_is_sealed_revoked_and_resealed() {
	preset("development").execute_with(|| {
		let contract = deploy(0);
		let ask_ok = |function, arguments: Vec<u8>| {
			let answer: PscAnswer<()> = ask(&contract, function, Raw(arguments)).expect("the call succeeds");
			answer.expect("the pallet takes it");
		};
		let (readers, name, sealed) = (b"readers".to_vec(), b"db/password".to_vec(), vec![7u8; 80]);
		for (member, key) in [(Bob, [1u8; 32]), (Charlie, [2; 32])] {
			ask_ok(20, (account(member), key).encode());
		}
		ask_ok(21, (&readers, [3u8; 32]).encode());
		for (member, key) in [(Bob, [1u8; 32]), (Charlie, [2; 32])] {
			ask_ok(22, (&readers, 1u32, account(member), key, &sealed).encode());
		}
		let copies = |epoch: u32| vec![(readers.clone(), epoch, sealed.clone())];
		let body = || (0u8, b"ciphertext".to_vec());
		assert_eq!(ask(&contract, 24, (&name, 0u32, body(), copies(1))), Ok(PscAnswer::Ok(1u32)));

		let remaining = vec![(account(Charlie), [2u8; 32], &sealed)];
		let new_key = ([4u8; 32], Some(&sealed));
		let rotated = ask(&contract, 23, (&readers, 1u32, new_key, vec![account(Bob)], remaining));
		assert_eq!(rotated, Ok(PscAnswer::Ok(2u32)));
		assert_eq!(ask(&contract, 29, (&contract, &readers, account(Bob))), Ok(None::<pallet_psc::Grant>));
		let grant: Option<pallet_psc::Grant> =
			ask(&contract, 29, (&contract, &readers, account(Charlie))).expect("the call succeeds");
		assert_eq!(grant.map(|grant| grant.epoch), Some(2));

		let stale = ask(&contract, 24, (&name, 1u32, body(), copies(1)));
		assert_eq!(stale, Ok(PscAnswer::<u32>::Err(pallet_psc::Refusal::StaleEpoch)));
		assert_eq!(ask(&contract, 25, (&name, 1u32, copies(2))), Ok(PscAnswer::Ok(2u32)));
		assert_eq!(ask(&contract, 27, (&contract, &name)), Ok(Psc::value(&contract, name.clone())));
		assert_eq!(ask(&contract, 28, (&contract, &readers)), Ok(Psc::role(&contract, readers.clone())));
		ask_ok(26, (&name, 2u32).encode());
		let malformed = ask(&contract, 26, 7u8);
		assert_eq!(malformed, Ok(PscAnswer::<()>::Err(pallet_psc::Refusal::MalformedInput)));
	});
}

#[test]
fn a_request_is_made_once() {
	preset("development").execute_with(|| {
		type Answer = Result<pallet_osc::TicketOf<Runtime>, pallet_osc::Refusal>;
		let contract = deploy(0);
		let submit =
			|payload: u8| ask::<Answer>(&contract, 30, ([1u8; 32], 9u32, [payload; 32])).expect("the call succeeds");
		let ticket = submit(5).expect("the ticket is new");
		assert_eq!(submit(5), Ok(ticket));
		assert_eq!(submit(6), Err(pallet_osc::Refusal::IdTaken));
		let closed: Answer = ask(&contract, 31, ([1u8; 32], 3u8)).expect("the call succeeds");
		assert_eq!(closed.map(|ticket| ticket.state), Ok(pallet_osc::State::Closed { outcome: 3 }));
		assert_eq!(ask(&contract, 32, (&contract, [1u8; 32])), Ok(Osc::ticket(&contract, &[1; 32])));
		assert_eq!(ask(&contract, 33, [1u8; 32]), Ok(Result::<(), pallet_osc::Refusal>::Ok(())));
	});
}

#[test]
fn what_no_contract_should_do_ends_the_call() {
	preset("development").execute_with(|| {
		let contract = deploy(0);
		for function in [0u16, 3, 16, 34, 99] {
			assert_eq!(
				ask::<()>(&contract, function, ()),
				Err(Error::<Runtime>::NoChainExtension.into()),
				"{function}"
			);
		}
		for arguments in [vec![], vec![0; 31], vec![0; 33], vec![0; 10_000]] {
			let answer = ask::<()>(&contract, 1, Raw(arguments));
			assert_eq!(answer, Err(Error::<Runtime>::DecodingFailed.into()));
		}
		let mut other_extension = input(1, account(Alice));
		other_extension[3] = 0;
		let answer = ask_in_full::<()>(&contract, other_extension).0;
		assert_eq!(answer, Err(Error::<Runtime>::NoChainExtension.into()));
	});
}

/// Bytes that are encoded already.
struct Raw(Vec<u8>);

impl Encode for Raw {
	fn encode_to<W: codec::Output + ?Sized>(&self, output: &mut W) {
		output.write(&self.0);
	}
}

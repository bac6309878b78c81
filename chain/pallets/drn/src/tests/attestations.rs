use super::*;
use crate::{Bond, Bonds, Decision, Fault, Guards, Reason, Report};
use frame_support::dispatch::{DispatchResultWithPostInfo, Pays};
use sp_core::H256;

/// The key of the guard of account 1's machine.
const GUARD: u64 = 11;

/// What machines have to be.
const MANIFEST: Report = [4; 32];

/// A member with a guard, in the first block in which that may attest.
fn guarded() {
	join(1);
	assert_ok!(Drn::bind_guard(signed(1), GUARD));
	go_to(1 + HEARTBEAT_GAP);
}

fn proof(block: u64, account: u64, manifest: Report, intact: bool) -> Report {
	Drn::attestation_proof(System::block_hash(block), &account, manifest, intact)
}

/// What the guard says of account 1's machine, as an answer to the block before this one.
fn attest(manifest: Report, intact: bool) -> DispatchResultWithPostInfo {
	let block = System::block_number() - 1;
	Drn::attest(signed(GUARD), block, manifest, intact, proof(block, 1, manifest, intact))
}

fn later(blocks: u64) {
	go_to(System::block_number() + blocks);
}

fn bond(account: u64) -> Bond<u64, u64> {
	Bonds::<Test>::get(account).expect("is bound")
}

/// A heartbeat as soon as one is taken.
fn beat() {
	later(HEARTBEAT_GAP);
	assert_ok!(Drn::heartbeat(signed(1), [1; 32]));
}

#[test]
fn a_member_names_its_guard_once() {
	in_new_chain(|| {
		assert_noop!(Drn::bind_guard(signed(1), GUARD), Error::<Test>::NotAMember);
		join(1);
		join(2);
		for machine in [1, 2] {
			assert_noop!(Drn::bind_guard(signed(1), machine), Error::<Test>::GuardTaken);
		}
		assert_ok!(Drn::bind_guard(signed(1), GUARD));
		System::assert_last_event(Event::GuardBound { account: 1, guard: GUARD }.into());
		let due = 1 + ATTEST_TERM;
		let expected =
			Bond { guard: GUARD, manifest: None, former: None, attested: 1, seen: 1, due, missed: false };
		assert_eq!((bond(1), Guards::<Test>::get(GUARD)), (expected, Some(1)));
		assert_noop!(Drn::bind_guard(signed(1), 12), Error::<Test>::AlreadyBound);
		assert_noop!(Drn::bind_guard(signed(2), GUARD), Error::<Test>::GuardTaken);
		assert_ok!(Drn::bind_guard(signed(2), 3));
		assert_noop!(Drn::join(signed(3)), Error::<Test>::GuardTaken);
	});
}

#[test]
fn an_attestation_is_free_and_the_first_records_the_manifest() {
	in_new_chain(|| {
		guarded();
		let info = attest(MANIFEST, true).expect("is taken");
		assert_eq!(info.pays_fee, Pays::No);
		System::assert_has_event(Event::Attested { account: 1, block: 2, manifest: MANIFEST, intact: true }.into());
		System::assert_last_event(Event::ManifestSet { account: 1, old: None, new: MANIFEST, by: None }.into());
		let Bond { manifest, attested, seen, due, .. } = bond(1);
		assert_eq!((manifest, attested, seen, due), (Some(MANIFEST), 2, 3, 3 + ATTEST_TERM));
		later(1);
		assert_noop!(attest(MANIFEST, true), Error::<Test>::TooEarly);
		later(1);
		assert_ok!(attest(MANIFEST, true));
		System::assert_last_event(Event::Attested { account: 1, block: 4, manifest: MANIFEST, intact: true }.into());
		assert_eq!(strikes(1), 0);
	});
}

#[test]
fn the_proof_is_the_digest_of_block_machine_manifest_and_verdict() {
	let (hash, account, manifest) = (H256::repeat_byte(7), 1u64, [4u8; 32]);
	let bytes = [hash.as_bytes(), &account.to_le_bytes(), &manifest, &[1]].concat();
	assert_eq!(Drn::attestation_proof(hash, &account, manifest, true), sp_io::hashing::blake2_256(&bytes));
}

#[test]
fn an_old_attestation_counts_once_and_in_its_time_alone() {
	in_new_chain(|| {
		guarded();
		let (first, of_first) = (2, proof(2, 1, MANIFEST, true));
		let again = || Drn::attest(signed(GUARD), first, MANIFEST, true, of_first);
		assert_ok!(again());
		assert_noop!(again(), Error::<Test>::AlreadyAttested);
		later(HEARTBEAT_GAP);
		assert_noop!(again(), Error::<Test>::AlreadyAttested);
		// The proof of one block is none of another.
		assert_noop!(Drn::attest(signed(GUARD), 4, MANIFEST, true, of_first), Error::<Test>::WrongProof);
		let old = proof(4, 1, MANIFEST, true);
		go_to(5 + ATTEST_WINDOW);
		assert_noop!(Drn::attest(signed(GUARD), 4, MANIFEST, true, old), Error::<Test>::NotRecent);
		let now = System::block_number();
		for block in [now, now + 1] {
			let proof = proof(block, 1, MANIFEST, true);
			assert_noop!(Drn::attest(signed(GUARD), block, MANIFEST, true, proof), Error::<Test>::NotRecent);
		}
		let oldest = now - ATTEST_WINDOW;
		assert_ok!(Drn::attest(signed(GUARD), oldest, MANIFEST, true, proof(oldest, 1, MANIFEST, true)));
	});
}

#[test]
fn a_block_from_before_the_binding_proves_nothing() {
	in_new_chain(|| {
		join(1);
		go_to(3);
		assert_ok!(Drn::bind_guard(signed(1), GUARD));
		go_to(5);
		for block in [2, 3] {
			let proof = proof(block, 1, MANIFEST, true);
			assert_noop!(Drn::attest(signed(GUARD), block, MANIFEST, true, proof), Error::<Test>::AlreadyAttested);
		}
	});
}

#[test]
fn nobody_attests_for_another_machine() {
	in_new_chain(|| {
		guarded();
		join(2);
		assert_ok!(Drn::bind_guard(signed(2), 12));
		later(HEARTBEAT_GAP);
		let block = System::block_number() - 1;
		let of_other = proof(block, 2, MANIFEST, true);
		assert_noop!(Drn::attest(signed(GUARD), block, MANIFEST, true, of_other), Error::<Test>::WrongProof);
		for other in [1, 2, MAIN] {
			let own = proof(block, 1, MANIFEST, true);
			assert_noop!(Drn::attest(signed(other), block, MANIFEST, true, own), Error::<Test>::NotAGuard);
		}
		// What was proved can't be said otherwise.
		let good = proof(block, 1, MANIFEST, true);
		assert_noop!(Drn::attest(signed(GUARD), block, MANIFEST, false, good), Error::<Test>::WrongProof);
		assert_noop!(Drn::attest(signed(GUARD), block, [5; 32], true, good), Error::<Test>::WrongProof);
		assert_eq!((strikes(1), strikes(2)), (0, 0));
	});
}

#[test]
fn a_machine_that_is_not_intact_is_excluded_at_once_and_even_early() {
	in_new_chain(|| {
		guarded();
		assert_ok!(attest(MANIFEST, true));
		later(1);
		let evidence = proof(3, 1, MANIFEST, false);
		assert_ok!(attest(MANIFEST, false));
		let because = Reason::Fatal { fault: Fault::Deviates, evidence: Some(evidence) };
		assert_eq!(ruling(1), Some((Decision::Excluded, because)));
		assert_eq!((state(1), held(1)), (Some(State::Excluded), 0));
		later(HEARTBEAT_GAP);
		assert_noop!(attest(MANIFEST, true), Error::<Test>::NotActive);
		assert_noop!(Drn::bind_guard(signed(1), 13), Error::<Test>::NotActive);
		join(2);
		assert_noop!(Drn::bind_guard(signed(2), GUARD), Error::<Test>::GuardTaken);
		go_to(100);
		assert_eq!(strikes(1), 1);
	});
}

#[test]
fn a_first_attestation_that_is_not_intact_records_nothing() {
	in_new_chain(|| {
		guarded();
		assert_ok!(attest(MANIFEST, false));
		assert_eq!((state(1), bond(1).manifest), (Some(State::Excluded), None));
	});
}

#[test]
fn another_manifest_than_the_recorded_one_is_a_deviation() {
	in_new_chain(|| {
		guarded();
		assert_ok!(attest(MANIFEST, true));
		later(HEARTBEAT_GAP);
		assert_ok!(attest([5; 32], true));
		assert_eq!((state(1), bond(1).manifest), (Some(State::Excluded), Some(MANIFEST)));
	});
}

#[test]
fn where_the_rules_are_mild_a_deviation_is_a_strike() {
	in_new_chain(|| {
		let rules = crate::CurrentRules::<Test>::get();
		assert_ok!(Drn::set_rules(RuntimeOrigin::root(), crate::Rules { fatal: Default::default(), ..rules }));
		guarded();
		assert_ok!(attest(MANIFEST, false));
		assert_eq!((state(1), strikes(1)), (Some(State::Active), 1));
	});
}

#[test]
fn the_main_gatekeeper_alone_changes_the_manifest_and_the_former_is_taken_for_a_term() {
	in_new_chain(|| {
		guarded();
		assert_ok!(attest(MANIFEST, true));
		for other in [1, GUARD, OTHER_MAIN] {
			assert_noop!(Drn::set_manifest(signed(other), 1, [5; 32]), Error::<Test>::NotTheMainGatekeeper);
		}
		assert_noop!(Drn::set_manifest(signed(MAIN), 2, [5; 32]), Error::<Test>::NotAMember);
		join(2);
		assert_noop!(Drn::set_manifest(signed(MAIN), 2, [5; 32]), Error::<Test>::NotBound);
		assert_ok!(Drn::set_manifest(signed(MAIN), 1, [5; 32]));
		let (old, by) = (Some(MANIFEST), Some(MAIN));
		System::assert_last_event(Event::ManifestSet { account: 1, old, new: [5; 32], by }.into());
		later(HEARTBEAT_GAP);
		assert_ok!(attest(MANIFEST, true));
		later(HEARTBEAT_GAP);
		assert_ok!(attest([5; 32], true));
		later(ATTEST_TERM - HEARTBEAT_GAP);
		assert_ok!(attest([5; 32], true));
		assert_eq!(state(1), Some(State::Active));
		later(HEARTBEAT_GAP);
		assert_ok!(attest(MANIFEST, true));
		assert_eq!(state(1), Some(State::Excluded));
	});
}

#[test]
fn one_change_of_the_manifest_has_its_term_before_the_next_and_can_be_taken_back() {
	in_new_chain(|| {
		guarded();
		assert_ok!(attest(MANIFEST, true));
		let set = |manifest| Drn::set_manifest(signed(MAIN), 1, manifest);
		assert_ok!(set([5; 32]));
		assert_noop!(set([6; 32]), Error::<Test>::TooEarly);
		assert_ok!(set(MANIFEST));
		assert_noop!(set([6; 32]), Error::<Test>::TooEarly);
		later(HEARTBEAT_GAP);
		assert_ok!(attest(MANIFEST, true));
		later(ATTEST_TERM);
		assert_ok!(set([6; 32]));
		assert_eq!(state(1), Some(State::Active));
	});
}

#[test]
fn the_main_gatekeeper_may_say_first_what_a_machine_has_to_be() {
	in_new_chain(|| {
		guarded();
		assert_ok!(Drn::set_manifest(signed(MAIN), 1, MANIFEST));
		System::assert_last_event(Event::ManifestSet { account: 1, old: None, new: MANIFEST, by: Some(MAIN) }.into());
		assert_ok!(attest([5; 32], true));
		assert_eq!(state(1), Some(State::Excluded));
	});
}

#[test]
fn an_attestation_that_does_not_come_is_struck_once_a_term() {
	in_new_chain(|| {
		join(1);
		join(2);
		assert_ok!(Drn::bind_guard(signed(1), GUARD));
		for block in 2..=1 + ATTEST_TERM {
			go_to(block);
			for account in [1, 2] {
				let _ = Drn::heartbeat(signed(account), [1; 32]);
			}
		}
		assert_eq!(strikes(1), 0);
		later(1);
		assert_eq!((strikes(1), strikes(2)), (1, 0));
		let fault = Fault::Unattested;
		System::assert_last_event(Event::Struck { account: 1, fault, strikes: 1, evidence: None }.into());
		assert!(bond(1).missed);
		assert_ok!(attest(MANIFEST, true));
		assert!(!bond(1).missed);
	});
}

#[test]
fn whoever_did_not_attest_is_suspended_and_comes_back_only_by_attesting() {
	in_new_chain(|| {
		join(1);
		assert_ok!(Drn::bind_guard(signed(1), GUARD));
		while state(1) == Some(State::Active) {
			beat();
		}
		let (limit, strikes) = (SUSPEND_STRIKES, SUSPEND_STRIKES);
		let because = Reason::Strikes { fault: Fault::Unattested, strikes, limit, evidence: None };
		assert_eq!(ruling(1), Some((Decision::Suspended, because)));
		for _ in 0..10 * READMIT_AFTER {
			beat();
		}
		assert_eq!((state(1), super::strikes(1)), (Some(State::Suspended), SUSPEND_STRIKES));
		assert_ok!(attest(MANIFEST, true));
		for _ in 0..READMIT_AFTER {
			beat();
		}
		assert_eq!((state(1), super::strikes(1)), (Some(State::Active), SUSPEND_STRIKES - 1));
	});
}

#[test]
fn a_suspended_machine_that_deviates_is_excluded_too() {
	in_new_chain(|| {
		guarded();
		for number in 1..=SUSPEND_STRIKES {
			assert_ok!(Drn::report(signed(MAIN), 1, Fault::Refused, [number as u8; 32]));
		}
		assert_eq!(state(1), Some(State::Suspended));
		assert_ok!(attest(MANIFEST, false));
		assert_eq!(state(1), Some(State::Excluded));
	});
}

#[test]
fn nothing_is_waited_for_of_a_machine_that_leaves_and_its_guard_is_free_afterwards() {
	in_new_chain(|| {
		guarded();
		assert_ok!(Drn::leave(signed(1)));
		assert_noop!(attest(MANIFEST, true), Error::<Test>::NotActive);
		later(UNBONDING_TERM);
		assert_eq!(strikes(1), 0);
		assert_ok!(Drn::withdraw(signed(1)));
		assert_eq!((Bonds::<Test>::get(1), Guards::<Test>::get(GUARD)), (None, None));
		join(1);
		assert_ok!(Drn::bind_guard(signed(1), GUARD));
	});
}

#[test]
fn a_member_has_to_stay_a_gatekeeper() {
	use frame_support::traits::Contains;
	in_new_chain(|| {
		assert!(!<Drn as Contains<u64>>::contains(&1));
		join(1);
		assert_ok!(Drn::leave(signed(1)));
		assert!(<Drn as Contains<u64>>::contains(&1));
		later(UNBONDING_TERM);
		assert_ok!(Drn::withdraw(signed(1)));
		assert!(!<Drn as Contains<u64>>::contains(&1));
	});
}

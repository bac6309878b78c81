use crate::{
    limits::*,
    operation::{HostAdmitted, OperationContract, OperationRequested, LAYOUT_DIGEST},
    types::{Admission, Error, Operation, OperationKind, OperationState, Outcome, Path, Standing},
};
use contract_common::{
    testing::{accounts, at_block, call_as, gatekeepers_but, layout_digest},
    RequestId, Role, Section,
};
use ink::{
    env::{test, DefaultEnvironment},
    primitives::AccountId,
    scale::{Decode, Encode},
};
use proptest::{
    collection::vec,
    test_runner::{Config, TestRunner},
};

const TEMPLATE: &str = "guests/probe";

fn section() -> Section {
    Section { region: "eu-1".into(), group: "compute".into(), layer: 2, name: "compute-section-1".into() }
}

/// A contract that Alice administers and calls.
fn contract() -> OperationContract {
    gatekeepers_but(&[]);
    call_as(accounts().alice);
    OperationContract::new(section()).expect("the section is valid")
}

/// The same, with Bob as an admitted host.
fn contract_with_bob() -> OperationContract {
    let mut contract = contract();
    call_as(accounts().bob);
    assert!(contract.admit(id(1), admission("c4")).is_ok());
    call_as(accounts().alice);
    contract
}

fn id(number: u8) -> RequestId {
    [number; 32]
}

fn admission(class: &str) -> Admission {
    Admission { class: class.into(), path: Path::Qemu, inventory: [3; 32], gatekeeper: "0.1.0".into() }
}

fn start(name: &str) -> OperationKind {
    OperationKind::StartDvm { name: name.into(), template: TEMPLATE.into() }
}

fn ids(operations: Vec<Operation>) -> Vec<u64> {
    operations.into_iter().map(|operation| operation.id).collect()
}

fn done() -> Outcome {
    Outcome::Done { result: [9; 32] }
}

fn failed(reason: &str) -> Outcome {
    Outcome::Failed { reason: reason.into() }
}

#[ink::test]
fn a_host_admits_itself() {
    let mut contract = contract();
    let bob = accounts().bob;
    at_block(7);
    call_as(bob);
    let member = contract.admit(id(1), admission("c4")).expect("bob is admitted");
    assert_eq!((member.standing, member.since, member.changed), (Standing::Admitted, 7, 7));
    assert_eq!(contract.member(bob), Some(member.clone()));
    assert_eq!(contract.members(0, 10), vec![(bob, member)]);
    let last = test::recorded_events().last().expect("an event was emitted");
    let event = HostAdmitted::decode(&mut &last.data[..]).expect("it is the event of an admission");
    assert_eq!((event.host, event.request_id, event.admission), (bob, id(1), admission("c4")));
}

#[ink::test]
fn the_same_admission_twice_is_one() {
    let mut contract = contract();
    assert_eq!(contract.set_admission_template(Some(TEMPLATE.into())), Ok(()));
    let bob = accounts().bob;
    call_as(bob);
    let first = contract.admit(id(1), admission("c4"));
    let events = test::recorded_events().count();
    at_block(50);
    assert_eq!(contract.admit(id(1), admission("c4")), first);
    assert_eq!(test::recorded_events().count(), events);
    assert_eq!(contract.members(0, 10).len(), 1);
    assert_eq!(contract.open_operations(bob).len(), 1);
    assert_eq!(contract.admit(id(1), admission("c8")), Err(Error::RequestConflict));

    call_as(accounts().eve);
    assert!(contract.admit(id(1), admission("c8")).is_ok(), "request ids are each caller's own");
}

#[ink::test]
fn a_host_may_describe_itself_anew_and_come_back() {
    let mut contract = contract_with_bob();
    let bob = accounts().bob;
    call_as(bob);
    at_block(10);
    let larger = contract.admit(id(2), admission("c8")).expect("a new class is taken");
    assert_eq!((larger.admission.class.as_str(), larger.since, larger.changed), ("c8", 0, 10));

    at_block(20);
    let left = contract.leave().expect("bob leaves");
    assert_eq!((left.standing, left.since, left.changed), (Standing::Left, 0, 20));
    let events = test::recorded_events().count();
    at_block(25);
    assert_eq!(contract.leave(), Ok(left));
    assert_eq!(test::recorded_events().count(), events);

    at_block(30);
    let back = contract.admit(id(3), admission("c8")).expect("bob comes back");
    assert_eq!((back.standing, back.since, back.changed), (Standing::Admitted, 30, 30));
    assert_eq!(contract.members(0, 10).len(), 1);
}

#[ink::test]
fn an_excluded_host_stays_out() {
    let mut contract = contract_with_bob();
    let bob = accounts().bob;
    let member = contract.exclude(bob, "a changed binary".into()).expect("bob is excluded");
    assert_eq!(member.standing, Standing::Excluded);
    let events = test::recorded_events().count();
    assert_eq!(contract.exclude(bob, "again".into()), Ok(member));
    assert_eq!(test::recorded_events().count(), events);
    assert_eq!(contract.request(id(1), bob, start("a"), 10), Err(Error::NotAdmitted));

    call_as(bob);
    assert_eq!(contract.admit(id(1), admission("c4")), Err(Error::Excluded), "not even by an old request");
    assert_eq!(contract.admit(id(2), admission("c4")), Err(Error::Excluded));
    assert_eq!(contract.leave(), Err(Error::Excluded));
}

#[ink::test]
fn only_operators_exclude_ask_others_and_set_the_template() {
    let mut contract = contract_with_bob();
    let (alice, bob, eve) = (accounts().alice, accounts().bob, accounts().eve);
    call_as(eve);
    assert_eq!(contract.exclude(bob, "spite".into()), Err(Error::NotAuthorized));
    assert_eq!(contract.request(id(1), bob, start("a"), 10), Err(Error::NotAuthorized));
    assert_eq!(contract.set_admission_template(None), Err(Error::NotAuthorized));
    assert_eq!(contract.grant(eve, Role::Admin), Err(Error::NotAuthorized));
    assert_eq!(contract.leave(), Err(Error::NotAMember));

    call_as(alice);
    assert_eq!(contract.grant(eve, Role::Operator), Ok(()));
    call_as(eve);
    assert_eq!(contract.request(id(1), bob, start("a"), 10), Ok(1));
    assert_eq!(contract.set_admission_template(Some(TEMPLATE.into())), Ok(()));
    assert!(contract.exclude(bob, "a reason".into()).is_ok());
    assert_eq!(contract.exclude(alice, "no host".into()), Err(Error::NotAMember));
    assert_eq!(contract.grant(bob, Role::Operator), Err(Error::NotAuthorized));

    call_as(alice);
    assert_eq!(contract.revoke(eve), Ok(()));
    assert_eq!(contract.revoke(eve), Err(Error::NoRole));
    assert_eq!(contract.revoke(alice), Err(Error::LastAdmin));
    assert_eq!(contract.grant(alice, Role::Operator), Err(Error::LastAdmin));
}

#[ink::test]
fn a_new_host_is_asked_to_start_a_guest_while_a_template_is_set() {
    let mut contract = contract();
    let bob = accounts().bob;
    assert_eq!(contract.set_admission_template(Some(TEMPLATE.into())), Ok(()));
    assert_eq!(contract.admission_template().as_deref(), Some(TEMPLATE));
    at_block(5);
    call_as(bob);
    assert!(contract.admit(id(1), admission("c4")).is_ok());

    let [operation] = &contract.open_operations(bob)[..] else { panic!("there is one operation") };
    let bytes: &[u8; 32] = bob.as_ref();
    let digits: String = bytes[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        operation,
        &Operation {
            id: 1,
            request_id: id(1),
            host: bob,
            kind: start(&format!("admission-{digits}")),
            requested_by: test::callee::<DefaultEnvironment>(),
            state: OperationState::Approved,
            requested_at: 5,
            deadline: 5 + ADMISSION_DEADLINE_BLOCKS,
            outcome: None,
        }
    );
    let events: Vec<_> = test::recorded_events().collect();
    let [.., requested, _approved] = &events[..] else { panic!("the request was announced, then its approval") };
    let event = OperationRequested::decode(&mut &requested.data[..]).expect("it is the event of a request");
    assert_eq!((event.host, event.operation), (bob, 1));

    assert!(contract.admit(id(2), admission("c8")).is_ok());
    assert_eq!(contract.open_operations(bob).len(), 1, "it is asked once at a time");
    assert!(contract.claim(1).is_ok());
    assert!(contract.complete(1, done()).is_ok());
    assert!(contract.admit(id(3), admission("c4")).is_ok());
    assert_eq!(ids(contract.open_operations(bob)), vec![2]);

    call_as(accounts().alice);
    assert_eq!(contract.set_admission_template(None), Ok(()));
    call_as(accounts().eve);
    assert!(contract.admit(id(1), admission("c4")).is_ok());
    assert_eq!(contract.open_operations(accounts().eve), vec![]);
}

#[ink::test]
fn a_request_made_twice_is_one_operation() {
    let mut contract = contract_with_bob();
    let bob = accounts().bob;
    assert_eq!(contract.request(id(1), bob, start("a"), 10), Ok(1));
    let events = test::recorded_events().count();
    assert_eq!(contract.request(id(1), bob, start("a"), 99), Ok(1));
    assert_eq!(test::recorded_events().count(), events);
    assert_eq!(contract.request(id(1), bob, start("b"), 10), Err(Error::RequestConflict));
    assert_eq!(contract.request(id(1), accounts().eve, start("a"), 10), Err(Error::RequestConflict));

    call_as(bob);
    assert_eq!(contract.request(id(1), bob, start("a"), 10), Ok(2), "request ids are each caller's own");
    assert_eq!(ids(contract.operations_of(bob, 0, 10)), vec![1, 2]);
}

#[ink::test]
fn a_host_claims_and_completes_its_operation() {
    let mut contract = contract_with_bob();
    let (bob, eve) = (accounts().bob, accounts().eve);
    assert_eq!(contract.request(id(1), bob, start("a"), 10), Ok(1));
    assert_eq!(contract.claim(1), Err(Error::NotYourOperation));
    assert_eq!(contract.claim(2), Err(Error::OperationNotFound));

    call_as(bob);
    assert_eq!(contract.complete(1, done()), Err(Error::WrongState { state: OperationState::Approved }));
    let claimed = contract.claim(1).expect("bob claims it");
    assert_eq!(claimed.state, OperationState::Claimed);
    let events = test::recorded_events().count();
    assert_eq!(contract.claim(1), Ok(claimed));
    assert_eq!(test::recorded_events().count(), events);
    call_as(eve);
    assert_eq!(contract.complete(1, done()), Err(Error::NotYourOperation));

    call_as(bob);
    let completed = contract.complete(1, done()).expect("bob completes it");
    assert_eq!((completed.state, completed.outcome.clone()), (OperationState::Done, Some(done())));
    let events = test::recorded_events().count();
    assert_eq!(contract.complete(1, done()), Ok(completed.clone()));
    assert_eq!(test::recorded_events().count(), events);
    let over = Err(Error::WrongState { state: OperationState::Done });
    assert_eq!(contract.complete(1, failed("no")), over);
    assert_eq!(contract.claim(1), over);
    assert_eq!(contract.expire(1), over);
    assert_eq!(contract.open_operations(bob), vec![]);
    assert_eq!(contract.operation(1), Some(completed));
}

#[ink::test]
fn an_operation_is_claimed_before_its_deadline_and_expires_after_it() {
    let mut contract = contract_with_bob();
    let bob = accounts().bob;
    at_block(100);
    assert_eq!(contract.request(id(1), bob, start("a"), 10), Ok(1));
    assert_eq!(contract.request(id(2), bob, start("b"), 10), Ok(2));
    call_as(bob);
    at_block(109);
    assert_eq!(contract.expire(1), Err(Error::DeadlineNotPassed));
    assert!(contract.claim(1).is_ok());
    at_block(110);
    assert_eq!(contract.claim(2), Err(Error::DeadlinePassed));
    assert!(contract.claim(1).is_ok(), "claiming again is no new claim");

    call_as(accounts().eve);
    for operation in [1, 2] {
        let expired = contract.expire(operation).expect("anyone may expire it");
        assert_eq!(expired.state, OperationState::Expired);
        assert_eq!(contract.expire(operation), Ok(expired));
    }
    assert_eq!(contract.expire(3), Err(Error::OperationNotFound));
    assert_eq!(contract.open_operations(bob), vec![]);
    call_as(bob);
    assert_eq!(contract.complete(1, done()), Err(Error::WrongState { state: OperationState::Expired }));
}

#[ink::test]
fn a_late_report_counts_until_the_operation_is_expired() {
    let mut contract = contract_with_bob();
    let bob = accounts().bob;
    assert_eq!(contract.request(id(1), bob, start("a"), 10), Ok(1));
    call_as(bob);
    assert!(contract.claim(1).is_ok());
    assert!(contract.leave().is_ok());
    at_block(1_000);
    assert_eq!(
        contract.complete(1, failed("out of memory")).map(|operation| operation.state),
        Ok(OperationState::Failed)
    );
}

#[ink::test]
fn a_host_that_left_claims_nothing() {
    let mut contract = contract_with_bob();
    let bob = accounts().bob;
    assert_eq!(contract.request(id(1), bob, start("a"), 10), Ok(1));
    call_as(bob);
    assert!(contract.leave().is_ok());
    assert_eq!(contract.claim(1), Err(Error::NotAdmitted));
    assert_eq!(contract.request(id(2), bob, start("b"), 10), Err(Error::NotAdmitted));
}

#[ink::test]
fn names_reasons_and_deadlines_have_limits() {
    let mut contract = contract_with_bob();
    let bob = accounts().bob;
    let long = "x".repeat(300);
    let admissions = [
        Admission { class: "C4".into(), ..admission("") },
        Admission { class: long.clone(), ..admission("") },
        Admission { gatekeeper: String::new(), ..admission("c4") },
        Admission { gatekeeper: "0.1\n".into(), ..admission("c4") },
        Admission { gatekeeper: long.clone(), ..admission("c4") },
    ];
    for bad in admissions {
        assert_eq!(contract.admit(id(9), bad), Err(Error::InvalidAdmission));
    }
    for bad in ["", "A", "a b", "-a", &long] {
        assert_eq!(contract.request(id(9), bob, start(bad), 10), Err(Error::InvalidName));
        let stop = OperationKind::StopDvm { name: bad.into() };
        assert_eq!(contract.request(id(9), bob, stop, 10), Err(Error::InvalidName));
        let run = OperationKind::Run { operation: bad.into(), library: [1; 32], command: [2; 32] };
        assert_eq!(contract.request(id(9), bob, run, 10), Err(Error::InvalidName));
    }
    for bad in ["", "A b", &long] {
        let kind = OperationKind::StartDvm { name: "a".into(), template: bad.into() };
        assert_eq!(contract.request(id(9), bob, kind, 10), Err(Error::InvalidTemplate));
        assert_eq!(contract.set_admission_template(Some(bad.into())), Err(Error::InvalidTemplate));
    }
    for bad in [0, MAX_DEADLINE_BLOCKS + 1, u32::MAX] {
        assert_eq!(contract.request(id(9), bob, start("a"), bad), Err(Error::InvalidDeadline));
    }
    assert_eq!(contract.exclude(bob, long.clone()), Err(Error::InvalidReason));
    assert_eq!(contract.request(id(9), bob, start("a"), MAX_DEADLINE_BLOCKS), Ok(1));
    call_as(bob);
    assert!(contract.claim(1).is_ok());
    assert_eq!(contract.complete(1, failed(&long)), Err(Error::InvalidReason));

    at_block(u32::MAX);
    call_as(accounts().alice);
    assert_eq!(contract.request(id(8), bob, start("a"), 1), Err(Error::Overflow));
    assert_eq!(OperationContract::new(Section { region: "".into(), ..section() }).err(), Some(Error::InvalidSection));
}

#[ink::test]
fn a_host_has_a_limit_of_open_operations() {
    let mut contract = contract_with_bob();
    let bob = accounts().bob;
    for number in 0..MAX_OPEN_OPERATIONS as u8 {
        assert!(contract.request(id(number), bob, start("a"), 10).is_ok());
    }
    assert_eq!(contract.request(id(255), bob, start("a"), 10), Err(Error::TooManyOpenOperations));
    call_as(bob);
    assert!(contract.claim(1).is_ok() && contract.complete(1, done()).is_ok());
    call_as(accounts().alice);
    assert_eq!(contract.request(id(255), bob, start("a"), 10), Ok(65));
    assert_eq!(ids(contract.operations_of(bob, 63, u32::MAX)), vec![64, 65]);
    assert_eq!(contract.operations_of(bob, 0, u32::MAX).len() as u32, MAX_PAGE);
    assert_eq!(contract.operations_of(bob, u32::MAX, u32::MAX), vec![]);
}

#[ink::test]
fn operations_that_nobody_claimed_in_time_make_room() {
    let mut contract = contract_with_bob();
    let bob = accounts().bob;
    for number in 0..MAX_OPEN_OPERATIONS as u8 {
        let blocks = if number < 3 { 10 } else { 1_000 };
        assert!(contract.request(id(number), bob, start("a"), blocks).is_ok());
    }
    call_as(bob);
    assert!(contract.claim(2).is_ok());
    call_as(accounts().alice);
    at_block(9);
    assert_eq!(contract.request(id(200), bob, start("a"), 10), Err(Error::TooManyOpenOperations));
    at_block(10);
    assert_eq!(contract.request(id(200), bob, start("a"), 1_000), Ok(65));
    let state = |contract: &OperationContract, id| contract.operation(id).map(|operation| operation.state);
    assert_eq!(state(&contract, 1), Some(OperationState::Expired));
    assert_eq!(state(&contract, 3), Some(OperationState::Approved), "one is enough");
    assert_eq!(contract.open_operations(bob).len(), MAX_OPEN_OPERATIONS);
    assert_eq!(contract.request(id(201), bob, start("a"), 1_000), Ok(66));
    // What was claimed may be done late: it isn't ended for the sake of another.
    assert_eq!(contract.request(id(202), bob, start("a"), 10), Err(Error::TooManyOpenOperations));
    assert_eq!(state(&contract, 2), Some(OperationState::Claimed));
}

#[ink::test]
fn only_gatekeepers_change_anything() {
    let mut contract = contract_with_bob();
    let (alice, bob) = (accounts().alice, accounts().bob);
    assert_eq!(contract.request(id(1), bob, start("a"), 10), Ok(1));
    gatekeepers_but(&[alice, bob]);
    assert_eq!(contract.exclude(bob, "spite".into()), Err(Error::NotAGatekeeper));
    assert_eq!(contract.request(id(1), bob, start("a"), 10), Err(Error::NotAGatekeeper));
    assert_eq!(contract.set_admission_template(None), Err(Error::NotAGatekeeper));
    assert_eq!(contract.expire(1), Err(Error::NotAGatekeeper));
    assert_eq!(contract.grant(bob, Role::Admin), Err(Error::NotAGatekeeper));
    assert_eq!(contract.revoke(alice), Err(Error::NotAGatekeeper));
    assert_eq!(contract.upgrade([1; 32].into()), Err(Error::NotAGatekeeper));
    call_as(bob);
    assert_eq!(contract.admit(id(2), admission("c4")), Err(Error::NotAGatekeeper));
    assert_eq!(contract.leave(), Err(Error::NotAGatekeeper));
    assert_eq!(contract.claim(1), Err(Error::NotAGatekeeper));
    assert_eq!(contract.complete(1, done()), Err(Error::NotAGatekeeper));
}

/// When this fails, the new code can't take over old contracts: name the old digest in `layout()` if the code reads that
/// layout, too, and set the new digest here.
#[test]
fn the_storage_layout_is_the_recorded_one() {
    assert_eq!(layout_digest::<OperationContract>(), LAYOUT_DIGEST);
}

#[test]
fn encodings_are_fixed() {
    let states = [
        OperationState::Requested,
        OperationState::Approved,
        OperationState::Claimed,
        OperationState::Done,
        OperationState::Failed,
        OperationState::Expired,
    ];
    assert_eq!(states.map(|state| state.encode()), [[0], [1], [2], [3], [4], [5]]);
    assert_eq!([Path::Kvm, Path::Qemu, Path::Gpu].map(|path| path.encode()), [[0], [1], [2]]);
    let standings = [Standing::Admitted, Standing::Left, Standing::Excluded];
    assert_eq!(standings.map(|standing| standing.encode()), [[0], [1], [2]]);
}

/// Whoever does whatever in whatever order, an operation is in its host's open ones exactly while it can still be done,
/// has an outcome exactly when it is over, and is only claimed by its host.
#[test]
fn operations_stay_consistent() {
    let step = (0u8..6, 0u8..3, 1u64..6, 0u8..4, 1u32..5);
    TestRunner::new(Config { failure_persistence: None, ..Config::default() })
        .run(&vec(step, 0..40), |steps| {
            test::run_test::<DefaultEnvironment, _>(|_| {
                let mut contract = contract();
                let everyone = [accounts().alice, accounts().bob, accounts().eve];
                let mut now = 0;
                for (action, caller, operation, request, blocks) in steps {
                    let caller = everyone[usize::from(caller)];
                    let before = contract.operation(operation).map(|operation| operation.state);
                    call_as(caller);
                    match action {
                        0 => drop(contract.admit(id(request), admission("c4"))),
                        1 => drop(contract.request(id(request), everyone[1], start("a"), blocks)),
                        2 => {
                            if let Ok(claimed) = contract.claim(operation) {
                                assert!(
                                    claimed.host == caller
                                        && (now < claimed.deadline || before == Some(OperationState::Claimed))
                                );
                            }
                        }
                        3 => drop(contract.complete(operation, done())),
                        4 => drop(contract.expire(operation)),
                        _ => drop(contract.leave()),
                    }
                    now += blocks / 2;
                    at_block(now);
                    check(&contract, &everyone);
                }
                Ok(())
            })
            .expect("the test environment starts");
            Ok(())
        })
        .expect("operations stay consistent");

    fn check(contract: &OperationContract, hosts: &[AccountId]) {
        for host in hosts {
            let open = ids(contract.open_operations(*host));
            for operation in contract.operations_of(*host, 0, MAX_PAGE) {
                let is_open = matches!(operation.state, OperationState::Approved | OperationState::Claimed);
                let is_over = matches!(operation.state, OperationState::Done | OperationState::Failed);
                assert_eq!(open.contains(&operation.id), is_open);
                assert_eq!(operation.outcome.is_some(), is_over);
            }
        }
    }
}

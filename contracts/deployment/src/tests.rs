use crate::{
    deployment::{DeploymentContract, LAYOUT_DIGEST},
    limits::*,
    types::{Change, Error, Outcome, Proposal, Status},
};
use contract_common::{
    testing::{accounts, at_block, call_as, gatekeepers_but, layout_digest},
    Role, Section,
};
use ink::env::{test, DefaultEnvironment};
use proptest::{
    collection::vec,
    test_runner::{Config, TestRunner},
};

fn section() -> Section {
    Section { region: "eu-1".into(), group: "deployment".into(), layer: 2, name: "deployment-section-1".into() }
}

/// A contract that Alice administers and calls, with Bob and Charlie as operators.
fn contract(threshold: u32) -> DeploymentContract {
    gatekeepers_but(&[]);
    call_as(accounts().alice);
    let mut contract = DeploymentContract::new(section(), threshold).expect("section and threshold are valid");
    assert_eq!(contract.grant(accounts().bob, Role::Operator), Ok(()));
    assert_eq!(contract.grant(accounts().charlie, Role::Operator), Ok(()));
    contract
}

fn change(closure: u8, replaces: Option<u8>) -> Change {
    Change {
        target: "region/network".into(),
        closure: [closure; 32],
        size: 9,
        replaces: replaces.map(|byte| [byte; 32]),
    }
}

fn applied() -> Outcome {
    Outcome::Applied { report: [5; 32] }
}

fn status(answer: Result<Proposal, Error>) -> Result<Status, Error> {
    answer.map(|proposal| proposal.status)
}

#[ink::test]
fn a_change_is_applied_when_enough_others_approved_it() {
    let mut contract = contract(2);
    let (alice, bob, charlie) = (accounts().alice, accounts().bob, accounts().charlie);
    assert_eq!(contract.propose([1; 32], change(1, None), 100), Ok(1));
    assert_eq!(contract.approve(1), Err(Error::OwnProposal));
    call_as(bob);
    assert_eq!(status(contract.approve(1)), Ok(Status::Proposed));
    let events = test::recorded_events().count();
    assert_eq!(status(contract.approve(1)), Ok(Status::Proposed), "twice by one is once");
    assert_eq!(test::recorded_events().count(), events);
    assert_eq!(contract.report(1, applied()), Err(Error::WrongStatus { status: Status::Proposed }));
    call_as(charlie);
    assert_eq!(status(contract.approve(1)), Ok(Status::Approved));
    let proposal = contract.report(1, applied()).expect("it was approved");
    assert_eq!((proposal.status, proposal.approvals.clone()), (Status::Applied, vec![bob, charlie]));
    assert_eq!(contract.report(1, applied()), Ok(proposal.clone()), "the same report again");
    assert_eq!(contract.current("region/network".into()), Some(proposal));
    assert_eq!(contract.current("other".into()), None);
    call_as(alice);
    assert_eq!(contract.reject(1), Err(Error::WrongStatus { status: Status::Applied }));
}

#[ink::test]
fn of_two_changes_from_the_same_state_one_is_applied() {
    let mut contract = contract(1);
    for closure in [1, 2] {
        assert_eq!(contract.propose([closure; 32], change(closure, None), 100), Ok(closure.into()));
    }
    call_as(accounts().bob);
    assert_eq!(status(contract.approve(1)), Ok(Status::Approved));
    assert_eq!(status(contract.approve(2)), Ok(Status::Approved));
    assert!(contract.report(2, applied()).is_ok());
    assert_eq!(contract.report(1, applied()), Err(Error::Superseded));
    assert_eq!(status(contract.report(1, Outcome::Failed { reason: "too late".into() })), Ok(Status::Failed));
    assert_eq!(contract.propose([3; 32], change(3, None), 100), Err(Error::Superseded));
    assert_eq!(contract.propose([3; 32], change(3, Some(2)), 100), Ok(3));
}

#[ink::test]
fn a_proposal_ends_by_its_author_an_operator_or_its_deadline() {
    let mut contract = contract(1);
    let (bob, eve) = (accounts().bob, accounts().eve);
    call_as(eve);
    for number in 1..4u8 {
        assert_eq!(contract.propose([number; 32], change(number, None), MIN_WAIT_BLOCKS), Ok(number.into()));
    }
    assert_eq!(contract.propose([1; 32], change(1, None), MAX_WAIT_BLOCKS), Ok(1), "the same request again");
    assert_eq!(contract.propose([1; 32], change(9, None), 100), Err(Error::RequestConflict));
    assert_eq!(status(contract.withdraw(1)), Ok(Status::Withdrawn));
    assert_eq!(status(contract.withdraw(1)), Ok(Status::Withdrawn));
    assert_eq!(contract.expire(2), Err(Error::DeadlineNotPassed));
    assert_eq!(contract.reject(2), Err(Error::NotAuthorized));
    call_as(bob);
    assert_eq!(contract.withdraw(2), Err(Error::NotYourProposal));
    assert_eq!(status(contract.reject(2)), Ok(Status::Rejected));
    at_block(MIN_WAIT_BLOCKS);
    assert_eq!(contract.approve(3), Err(Error::DeadlinePassed));
    assert_eq!(status(contract.expire(3)), Ok(Status::Expired));
    assert_eq!(contract.expire(3), Err(Error::WrongStatus { status: Status::Expired }));
    assert_eq!(contract.proposals(1, 10).len(), 3);
    assert_eq!(contract.proposals(3, 10).len(), 1);
    assert_eq!(contract.proposals(2, 1).len(), 1);
    assert_eq!(contract.proposals(u64::MAX, u32::MAX).len(), 0);
}

#[ink::test]
fn nonsense_is_refused() {
    let mut contract = contract(1);
    assert_eq!(DeploymentContract::new(Section { layer: 9, ..section() }, 1).err(), Some(Error::InvalidSection));
    for threshold in [0, MAX_THRESHOLD + 1] {
        assert_eq!(DeploymentContract::new(section(), threshold).err(), Some(Error::InvalidThreshold));
        assert_eq!(contract.set_threshold(threshold), Err(Error::InvalidThreshold));
    }
    for target in ["", "A", "a b", &"x".repeat(129)] {
        let bad = Change { target: target.into(), ..change(1, None) };
        assert_eq!(contract.propose([1; 32], bad, 100), Err(Error::InvalidChange));
    }
    assert_eq!(contract.propose([1; 32], Change { size: 0, ..change(1, None) }, 100), Err(Error::InvalidChange));
    for wait in [0, MIN_WAIT_BLOCKS - 1, MAX_WAIT_BLOCKS + 1, u32::MAX] {
        assert_eq!(contract.propose([1; 32], change(1, None), wait), Err(Error::InvalidDeadline));
    }
    for id in [0, 1, u64::MAX] {
        assert_eq!(contract.approve(id), Err(Error::UnknownProposal));
        assert_eq!(contract.proposal(id), None);
    }
    assert_eq!(contract.report(1, Outcome::Failed { reason: "x".repeat(257) }), Err(Error::InvalidReason));
    at_block(u32::MAX);
    assert_eq!(contract.propose([1; 32], change(1, None), 100), Err(Error::Overflow));
}

#[ink::test]
fn only_operators_that_are_gatekeepers_decide() {
    let mut contract = contract(1);
    let (alice, bob, eve) = (accounts().alice, accounts().bob, accounts().eve);
    assert_eq!(contract.propose([1; 32], change(1, None), 100), Ok(1));
    let every = |contract: &mut DeploymentContract| {
        [
            contract.approve(1).err(),
            contract.reject(1).err(),
            contract.report(1, applied()).err(),
            contract.set_threshold(2).err(),
            contract.grant(bob, Role::Admin).err(),
            contract.revoke(alice).err(),
            contract.upgrade([1; 32].into()).err(),
        ]
    };
    call_as(eve);
    assert_eq!(every(&mut contract), [Some(Error::NotAuthorized); 7]);
    gatekeepers_but(&[alice]);
    call_as(alice);
    assert_eq!(every(&mut contract), [Some(Error::NotAGatekeeper); 7]);
    assert_eq!(contract.propose([2; 32], change(1, None), 100), Err(Error::NotAGatekeeper));
    assert_eq!(contract.withdraw(1), Err(Error::NotAGatekeeper));
    assert_eq!(contract.expire(1), Err(Error::NotAGatekeeper));
    gatekeepers_but(&[]);
    assert_eq!(contract.set_threshold(2), Ok(()));
    assert_eq!(contract.threshold(), 2);
    assert_eq!(contract.proposal(1).map(|proposal| proposal.threshold), Some(1), "a proposal keeps its own");
    assert_eq!(contract.revoke(bob), Ok(()));
    assert_eq!(contract.role_of(bob), None);
}

/// See the test of this name in the configuration contract.
#[test]
fn the_storage_layout_is_the_recorded_one() {
    assert_eq!(layout_digest::<DeploymentContract>(), LAYOUT_DIGEST);
}

/// What others go by: the section that it acts for, who administers it, and what other code has to read to take its place.
#[ink::test]
fn it_says_what_it_is() {
    let contract = contract(2);
    assert_eq!(contract.section(), section());
    assert_eq!(contract.role_of(accounts().alice), Some(Role::Admin));
    assert_eq!(contract.role_of(accounts().frank), None);
    assert_eq!(contract.layout().digest, LAYOUT_DIGEST);
}

/// Whatever is done in whatever order: nothing is applied without its approvals, and a target goes from closure to closure.
#[test]
fn nothing_runs_unapproved() {
    let step = (0u8..6, 0u8..4, 1u64..6, 1u8..6, 0u8..6);
    TestRunner::new(Config { failure_persistence: None, ..Config::default() })
        .run(&vec(step, 0..50), |steps| {
            test::run_test::<DefaultEnvironment, _>(|_| {
                let mut contract = contract(2);
                let people = [accounts().alice, accounts().bob, accounts().charlie, accounts().eve];
                let mut now = 0;
                let mut running: Option<[u8; 32]> = None;
                for (action, caller, id, closure, replaces) in steps {
                    call_as(people[usize::from(caller)]);
                    match action {
                        0 => drop(contract.propose(
                            [closure; 32],
                            change(closure, (replaces > 0).then_some(replaces)),
                            MIN_WAIT_BLOCKS,
                        )),
                        1 => drop(contract.approve(id)),
                        2 => drop(contract.withdraw(id)),
                        3 => drop(contract.expire(id)),
                        4 => drop(contract.reject(id)),
                        _ => {
                            let before = contract.proposal(id).map(|proposal| proposal.status);
                            if let (Ok(proposal), Some(Status::Approved)) = (contract.report(id, applied()), before) {
                                assert_eq!(proposal.change.replaces, running);
                                assert!(proposal.approvals.len() >= 2);
                                assert!(!proposal.approvals.contains(&proposal.author));
                                running = Some(proposal.change.closure);
                            }
                        }
                    }
                    now += u32::from(closure);
                    at_block(now);
                    let current = contract.current("region/network".into());
                    assert_eq!(current.map(|proposal| proposal.change.closure), running);
                }
                Ok(())
            })
            .expect("the test environment starts");
            Ok(())
        })
        .expect("nothing runs unapproved");
}

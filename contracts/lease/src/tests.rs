use crate::{
    lease::{LeaseContract, LAYOUT_DIGEST},
    limits::*,
    types::{Balance, Error, Lease, Status},
};
use contract_common::{
    testing::{accounts, at_block, call_as, gatekeepers_but, layout_digest},
    Role, Section,
};
use ink::{
    env::{test, DefaultEnvironment},
    primitives::AccountId,
};
use proptest::{
    collection::vec,
    test_runner::{Config, TestRunner},
};

const PRICE: Balance = 10_000_000;
const COST: Balance = PRICE * MIN_BLOCKS as Balance;

fn section() -> Section {
    Section { region: "eu-1".into(), group: "lease".into(), layer: 3, name: "lease-section-1".into() }
}

/// A contract that Alice administers and calls, with a price for c4, no money of its own, and Django as beneficiary.
fn contract() -> LeaseContract {
    gatekeepers_but(&[]);
    test::set_callee::<DefaultEnvironment>(AccountId::from([77; 32]));
    call_as(accounts().alice);
    let mut contract = LeaseContract::new(section()).expect("the section is valid");
    test::set_account_balance::<DefaultEnvironment>(own(), 0);
    test::set_account_balance::<DefaultEnvironment>(accounts().django, 0);
    assert_eq!(contract.set_price("c4".into(), Some(PRICE)), Ok(()));
    assert_eq!(contract.set_beneficiary(accounts().django), Ok(()));
    contract
}

fn own() -> AccountId {
    test::callee::<DefaultEnvironment>()
}

fn balance(account: AccountId) -> Balance {
    test::get_account_balance::<DefaultEnvironment>(account).unwrap_or(0)
}

/// Calls `open` as the chain does: the payment arrives first, and goes back when the call fails.
fn open(contract: &mut LeaseContract, id: u8, class: &str, blocks: u32, paid: Balance) -> Result<u64, Error> {
    let payer = test::get_account_balance::<DefaultEnvironment>(own()).unwrap_or(0);
    test::set_account_balance::<DefaultEnvironment>(own(), payer + paid);
    test::set_value_transferred::<DefaultEnvironment>(paid);
    let answer = contract.open([id; 32], accounts().frank, class.into(), blocks);
    test::set_value_transferred::<DefaultEnvironment>(0);
    if answer.is_err() {
        test::set_account_balance::<DefaultEnvironment>(own(), payer);
    }
    answer
}

fn status(answer: Result<Lease, Error>) -> Result<Status, Error> {
    answer.map(|lease| lease.status)
}

#[ink::test]
fn a_lease_is_paid_settled_and_ends() {
    let mut contract = contract();
    call_as(accounts().bob);
    assert_eq!(open(&mut contract, 1, "c4", MIN_BLOCKS, COST), Ok(1));
    assert_eq!(balance(own()), COST);
    at_block(100);
    call_as(accounts().eve);
    assert_eq!(status(contract.settle(1)), Ok(Status::Active));
    assert_eq!(status(contract.settle(1)), Ok(Status::Active), "twice in a block pays once");
    assert_eq!(balance(accounts().django), 100 * PRICE);
    at_block(MIN_BLOCKS + 50);
    assert_eq!(status(contract.settle(1)), Ok(Status::Ended));
    assert_eq!(status(contract.settle(1)), Ok(Status::Ended));
    assert_eq!((balance(accounts().django), balance(own())), (COST, 0));
    call_as(accounts().bob);
    assert_eq!(status(contract.cancel(1)), Ok(Status::Ended));
}

#[ink::test]
fn the_rest_of_a_cancelled_lease_goes_back() {
    let mut contract = contract();
    let (alice, bob, eve) = (accounts().alice, accounts().bob, accounts().eve);
    call_as(bob);
    for id in [1, 2] {
        assert_eq!(open(&mut contract, id, "c4", MIN_BLOCKS, COST), Ok(id.into()));
    }
    let before = balance(bob);
    call_as(eve);
    assert_eq!(contract.cancel(1), Err(Error::NotYourLease));
    at_block(200);
    call_as(bob);
    assert_eq!(status(contract.cancel(1)), Ok(Status::Cancelled));
    assert_eq!(status(contract.cancel(1)), Ok(Status::Cancelled));
    assert_eq!(balance(accounts().django), 200 * PRICE);
    assert_eq!(balance(bob) - before, COST - 200 * PRICE);
    call_as(alice);
    assert_eq!(status(contract.cancel(2)), Ok(Status::Cancelled), "an operator may, too");
    assert_eq!(balance(own()), 0);
    assert_eq!(contract.leases(1, 10).len(), 2);
    assert_eq!(contract.leases(2, 10).len(), 1);
    assert_eq!(contract.leases(u64::MAX, 10).len(), 0);
}

#[ink::test]
fn the_same_request_twice_is_one_lease() {
    let mut contract = contract();
    call_as(accounts().bob);
    assert_eq!(open(&mut contract, 1, "c4", MIN_BLOCKS, COST), Ok(1));
    assert_eq!(open(&mut contract, 1, "c4", MIN_BLOCKS, COST), Ok(1));
    assert_eq!(balance(own()), COST, "the second payment went back");
    assert_eq!(open(&mut contract, 1, "c4", MIN_BLOCKS + 1, COST + PRICE), Err(Error::RequestConflict));
    assert_eq!(contract.lease(2), None);
}

#[ink::test]
fn nonsense_is_refused() {
    let mut contract = contract();
    assert_eq!(LeaseContract::new(Section { layer: 9, ..section() }).err(), Some(Error::InvalidSection));
    assert_eq!(contract.set_price("C4".into(), Some(1)), Err(Error::InvalidName));
    for price in [0, MAX_PRICE + 1, Balance::MAX] {
        assert_eq!(contract.set_price("c4".into(), Some(price)), Err(Error::InvalidPrice));
    }
    for blocks in [0, MIN_BLOCKS - 1, MAX_BLOCKS + 1, u32::MAX] {
        assert_eq!(open(&mut contract, 1, "c4", blocks, COST), Err(Error::InvalidDuration));
    }
    assert_eq!(open(&mut contract, 1, "c8", MIN_BLOCKS, COST), Err(Error::NotForRent));
    for paid in [0, COST - 1, COST + 1] {
        let refused = Err(Error::WrongPayment { expected: COST });
        assert_eq!(open(&mut contract, 1, "c4", MIN_BLOCKS, paid), refused);
    }
    assert_eq!(contract.settle(1), Err(Error::UnknownLease));
    assert_eq!(contract.cancel(0), Err(Error::UnknownLease));
    assert_eq!(contract.set_price("c4".into(), None), Ok(()));
    assert_eq!(contract.price("c4".into()), None);
    assert_eq!(open(&mut contract, 1, "c4", MIN_BLOCKS, COST), Err(Error::NotForRent));
    assert_eq!(contract.set_price("c4".into(), Some(MAX_PRICE)), Ok(()));
    at_block(u32::MAX);
    let cost = MAX_PRICE * Balance::from(MAX_BLOCKS);
    assert_eq!(open(&mut contract, 1, "c4", MAX_BLOCKS, cost), Err(Error::Overflow));
}

#[ink::test]
fn only_gatekeepers_with_the_role_change_anything() {
    let mut contract = contract();
    let (alice, bob) = (accounts().alice, accounts().bob);
    assert_eq!(open(&mut contract, 1, "c4", MIN_BLOCKS, COST), Ok(1));
    let every = |contract: &mut LeaseContract| {
        [
            contract.set_price("c4".into(), None).err(),
            contract.set_beneficiary(bob).err(),
            contract.grant(bob, Role::Admin).err(),
            contract.revoke(alice).err(),
            contract.upgrade([1; 32].into()).err(),
        ]
    };
    call_as(bob);
    assert_eq!(every(&mut contract), [Some(Error::NotAuthorized); 5]);
    gatekeepers_but(&[alice]);
    call_as(alice);
    assert_eq!(every(&mut contract), [Some(Error::NotAGatekeeper); 5]);
    assert_eq!(open(&mut contract, 2, "c4", MIN_BLOCKS, COST), Err(Error::NotAGatekeeper));
    assert_eq!(contract.settle(1), Err(Error::NotAGatekeeper));
    assert_eq!(contract.cancel(1), Err(Error::NotAGatekeeper));
}

/// See the test of this name in the configuration contract.
#[test]
fn the_storage_layout_is_the_recorded_one() {
    assert_eq!(layout_digest::<LeaseContract>(), LAYOUT_DIGEST);
}

/// What others go by: the section that it acts for, who administers it, and what other code has to read to take its place.
#[ink::test]
fn it_says_what_it_is() {
    let contract = contract();
    assert_eq!(contract.section(), section());
    assert_eq!(contract.role_of(accounts().alice), Some(Role::Admin));
    assert_eq!(contract.role_of(accounts().frank), None);
    assert_eq!(contract.beneficiary(), accounts().django);
    assert_eq!(contract.layout().digest, LAYOUT_DIGEST);
}

/// Whatever is done in whatever order, the contract holds just what its leases were paid for and didn't use, and no money
/// comes from nowhere.
#[test]
fn money_is_neither_made_nor_lost() {
    let step = (0u8..4, 0u8..3, 1u64..8, 0u32..500);
    TestRunner::new(Config { failure_persistence: None, ..Config::default() })
        .run(&vec(step, 0..50), |steps| {
            test::run_test::<DefaultEnvironment, _>(|_| {
                let mut contract = contract();
                let people = [accounts().alice, accounts().bob, accounts().eve];
                let start: Balance = people.iter().map(|account| balance(*account)).sum();
                let mut now = 0;
                let mut paid = 0;
                for (action, caller, id, blocks) in steps {
                    call_as(people[usize::from(caller)]);
                    match action {
                        0 => {
                            let cost = Balance::from(MIN_BLOCKS + blocks) * PRICE;
                            let held = balance(own());
                            if open(&mut contract, id as u8, "c4", MIN_BLOCKS + blocks, cost).is_ok() {
                                // A repeated request paid its payment back to the caller, who in this test never lost it.
                                paid += cost;
                                let kept = balance(own()) - held;
                                assert!(kept == cost || kept == 0);
                            }
                        }
                        1 => drop(contract.settle(id)),
                        2 => drop(contract.cancel(id)),
                        _ => {
                            now += blocks;
                            at_block(now);
                        }
                    }
                    let held: Balance = contract.leases(1, 64).iter().map(|lease| lease.held().expect("small")).sum();
                    assert_eq!(balance(own()), held);
                    let out: Balance = people.iter().map(|account| balance(*account)).sum();
                    assert_eq!(start + paid, out + held + balance(accounts().django));
                }
                Ok(())
            })
            .expect("the test environment starts");
            Ok(())
        })
        .expect("money is neither made nor lost");
}

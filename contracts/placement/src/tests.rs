use crate::{
    placement::{PlacementContract, LAYOUT_DIGEST},
    types::{Class, Error, Resources, Totals},
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

fn section() -> Section {
    Section { region: "eu-1".into(), group: "placement".into(), layer: 2, name: "placement-section-1".into() }
}

/// A contract that Alice administers and calls.
fn contract() -> PlacementContract {
    gatekeepers_but(&[]);
    call_as(accounts().alice);
    PlacementContract::new(section()).expect("the section is valid")
}

fn resources(vcpus: u32) -> Resources {
    Resources { vcpus, memory_mib: vcpus * 1024, disk_gib: vcpus * 10 }
}

fn totals(vcpus: u64) -> Totals {
    Totals { vcpus, memory_mib: vcpus * 1024, disk_gib: vcpus * 10 }
}

#[ink::test]
fn a_class_keeps_its_buffer() {
    let mut contract = contract();
    let (bob, eve) = (accounts().bob, accounts().eve);
    at_block(4);
    for host in [bob, eve] {
        assert!(contract.set_host(host, "c4".into(), resources(10), true).is_ok());
    }
    let placed = contract.place("a".into(), bob, resources(10)).expect("half of the class is used");
    assert_eq!((placed.host, placed.by, placed.since), (bob, accounts().alice, 4));
    assert!(contract.place("b".into(), eve, resources(4)).is_ok(), "70 % are used");
    assert_eq!(contract.place("c".into(), eve, resources(1)), Err(Error::BufferReached));
    assert_eq!(contract.class("c4".into()), Class { capacity: totals(20), used: totals(14) });

    assert_eq!(contract.release("b".into()), Ok(()));
    assert_eq!(contract.place("c".into(), bob, resources(1)), Err(Error::HostFull));
    assert!(contract.place("c".into(), eve, resources(1)).is_ok());
}

#[ink::test]
fn guests_of_a_lost_host_move_into_the_buffer() {
    let mut contract = contract();
    let (bob, eve, frank) = (accounts().bob, accounts().eve, accounts().frank);
    for host in [bob, eve] {
        assert!(contract.set_host(host, "c4".into(), resources(10), true).is_ok());
    }
    assert!(contract.set_host(frank, "c8".into(), resources(10), true).is_ok());
    assert!(contract.place("a".into(), bob, resources(7)).is_ok());
    assert!(contract.place("b".into(), eve, resources(3)).is_ok());

    assert!(contract.set_host(bob, "c4".into(), resources(0), false).is_ok());
    assert_eq!(contract.class("c4".into()), Class { capacity: totals(10), used: totals(10) });
    assert_eq!(contract.move_guest("b".into(), bob), Err(Error::HostClosed));
    assert_eq!(contract.move_guest("a".into(), frank), Err(Error::OtherClass));
    let moved = contract.move_guest("a".into(), eve).expect("the buffer is there for this");
    assert_eq!(contract.move_guest("a".into(), eve), Ok(moved), "again changes nothing");
    assert_eq!(contract.remove_host(eve), Err(Error::HostInUse));
    assert_eq!(contract.remove_host(bob), Ok(()));
    let (listed, _): (Vec<_>, Vec<_>) = contract.hosts(0, 10).into_iter().unzip();
    assert_eq!(listed, vec![frank, eve]);
}

#[ink::test]
fn the_same_decision_twice_is_one() {
    let mut contract = contract();
    let (bob, eve) = (accounts().bob, accounts().eve);
    assert!(contract.set_host(bob, "c4".into(), resources(10), true).is_ok());
    assert!(contract.set_host(eve, "c4".into(), resources(10), true).is_ok());
    let placed = contract.place("a".into(), bob, resources(1));
    let events = test::recorded_events().count();
    at_block(9);
    assert_eq!(contract.place("a".into(), bob, resources(1)), placed);
    assert!(contract.set_host(bob, "c4".into(), resources(10), true).is_ok());
    assert_eq!(test::recorded_events().count(), events);
    assert_eq!(contract.place("a".into(), eve, resources(1)), Err(Error::AlreadyPlaced));
    assert_eq!(contract.place("a".into(), bob, resources(2)), Err(Error::AlreadyPlaced));
    assert_eq!(contract.placement("a".into()).map(|placed| placed.host), Some(bob));
}

#[ink::test]
fn nonsense_is_refused() {
    let mut contract = contract();
    let bob = accounts().bob;
    assert_eq!(PlacementContract::new(Section { layer: 9, ..section() }).err(), Some(Error::InvalidSection));
    for name in ["", "A", "a b", &"x".repeat(64)] {
        assert_eq!(contract.set_host(bob, name.into(), resources(1), true), Err(Error::InvalidName));
        assert_eq!(contract.place(name.into(), bob, resources(1)), Err(Error::InvalidName));
    }
    let most = Resources { vcpus: u32::MAX, memory_mib: u32::MAX, disk_gib: u32::MAX };
    assert_eq!(contract.set_host(bob, "c4".into(), most, true), Err(Error::InvalidResources));
    for needs in [most, Resources::default(), Resources { vcpus: 0, ..resources(1) }] {
        assert_eq!(contract.place("a".into(), bob, needs), Err(Error::InvalidResources));
    }
    assert_eq!(contract.place("a".into(), bob, resources(1)), Err(Error::UnknownHost));
    assert_eq!(contract.remove_host(bob), Err(Error::UnknownHost));
    assert_eq!(contract.release("a".into()), Err(Error::UnknownGuest));
    assert_eq!(contract.move_guest("a".into(), bob), Err(Error::UnknownGuest));
    assert!(contract.set_host(bob, "c4".into(), resources(10), true).is_ok());
    assert!(contract.place("a".into(), bob, resources(1)).is_ok());
    assert_eq!(contract.set_host(bob, "c8".into(), resources(10), true), Err(Error::HostInUse));
    assert_eq!(contract.move_guest("a".into(), accounts().eve), Err(Error::UnknownHost));
}

#[ink::test]
fn only_operators_that_are_gatekeepers_decide() {
    let mut contract = contract();
    let (alice, bob) = (accounts().alice, accounts().bob);
    let every = |contract: &mut PlacementContract| {
        [
            contract.set_host(bob, "c4".into(), resources(1), true).err(),
            contract.remove_host(bob).err(),
            contract.place("a".into(), bob, resources(1)).err(),
            contract.move_guest("a".into(), bob).err(),
            contract.release("a".into()).err(),
            contract.grant(bob, Role::Admin).err(),
            contract.revoke(alice).err(),
            contract.upgrade([1; 32].into()).err(),
        ]
    };
    call_as(bob);
    assert_eq!(every(&mut contract), [Some(Error::NotAuthorized); 8]);
    gatekeepers_but(&[alice]);
    call_as(alice);
    assert_eq!(every(&mut contract), [Some(Error::NotAGatekeeper); 8]);
    gatekeepers_but(&[]);
    assert_eq!(contract.grant(bob, Role::Operator), Ok(()));
    assert_eq!(contract.revoke(alice), Err(Error::LastAdmin));
    call_as(bob);
    assert!(contract.set_host(bob, "c4".into(), resources(1), true).is_ok());
}

/// See the test of this name in the configuration contract.
#[test]
fn the_storage_layout_is_the_recorded_one() {
    assert_eq!(layout_digest::<PlacementContract>(), LAYOUT_DIGEST);
}

/// What others go by: the section that it acts for, who administers it, and what other code has to read to take its place.
#[ink::test]
fn it_says_what_it_is() {
    let contract = contract();
    assert_eq!(contract.section(), section());
    assert_eq!(contract.role_of(accounts().alice), Some(Role::Admin));
    assert_eq!(contract.role_of(accounts().frank), None);
    assert_eq!(contract.layout().digest, LAYOUT_DIGEST);
}

/// Whatever is decided in whatever order, sums are the sums, and a placement never fills a host or a buffer.
#[test]
fn sums_stay_right() {
    let step = (0u8..5, 0u8..3, 0u8..6, 1u32..9, 0u8..4);
    TestRunner::new(Config { failure_persistence: None, ..Config::default() })
        .run(&vec(step, 0..60), |steps| {
            test::run_test::<DefaultEnvironment, _>(|_| {
                let mut contract = contract();
                let hosts = [accounts().alice, accounts().bob, accounts().eve];
                for (action, host, guest, units, flag) in steps {
                    let host = hosts[usize::from(host)];
                    let guest = format!("guest-{guest}");
                    let class = if flag == 0 { "c8" } else { "c4" };
                    match action {
                        0 => drop(contract.set_host(host, class.into(), resources(units), flag != 1)),
                        1 => drop(contract.remove_host(host)),
                        2 => {
                            if contract.placement(guest.clone()).is_none()
                                && contract.place(guest, host, resources(units)).is_ok()
                            {
                                let host = contract.host(host).expect("it took the guest");
                                assert!(host.open && host.used.fits(&host.capacity));
                                assert!(contract.class(host.class).keeps_buffer());
                            }
                        }
                        3 => drop(contract.move_guest(guest, host)),
                        _ => drop(contract.release(guest)),
                    }
                    check(&contract, &hosts);
                }
                Ok(())
            })
            .expect("the test environment starts");
            Ok(())
        })
        .expect("sums stay right");

    fn check(contract: &PlacementContract, hosts: &[AccountId]) {
        let placed: Vec<_> = (0..6).filter_map(|number| contract.placement(format!("guest-{number}"))).collect();
        let mut classes = [("c4", Class::default()), ("c8", Class::default())];
        for account in hosts {
            let Some(host) = contract.host(*account) else {
                assert!(placed.iter().all(|guest| guest.host != *account));
                continue;
            };
            let own = placed.iter().filter(|guest| guest.host == *account);
            assert_eq!(host.guests as usize, own.clone().count());
            let used = own.fold(Resources::default(), |sum, guest| sum.plus(&guest.needs).expect("small"));
            assert_eq!(host.used, used);
            let (_, class) = classes.iter_mut().find(|(name, _)| *name == host.class).expect("one of the two");
            *class = class.with(&host).expect("small");
        }
        for (name, class) in classes {
            assert_eq!(contract.class(name.into()), class);
        }
        let mut listed: Vec<_> = contract.hosts(0, 64).into_iter().map(|(account, _)| account).collect();
        let mut known: Vec<_> = hosts.iter().copied().filter(|account| contract.host(*account).is_some()).collect();
        listed.sort();
        known.sort();
        assert_eq!(listed, known);
    }
}

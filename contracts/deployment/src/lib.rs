//! # Deployment contract (OSC)
//!
//! What is to run, who wants it and who approved it. Any gatekeeper proposes a change of a target by the hash of the
//! manifest that names all its artefacts; operators other than the author approve it; once it has as many approvals as
//! the threshold asks for, whoever applies it (an operator's gatekeeper) does so and reports. A change names the closure
//! that it replaces, so that two changes made from the same state can't both be applied.
//!
//! Every message that changes anything fails with `NotAGatekeeper` for others than gatekeepers in good standing.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod limits;
pub mod types;

#[cfg(test)]
mod tests;

#[ink::contract]
pub mod deployment {
    use crate::{
        limits::*,
        types::{Change, Error, Outcome, Proposal, Status},
    };
    use contract_common::{gatekeeper, page, Layout, RequestId, Role, Roles, Section};
    use ink::{
        prelude::{string::String, vec::Vec},
        storage::Mapping,
    };

    /// Digest of this contract's storage layout; see [`contract_common::Layout`].
    pub const LAYOUT_DIGEST: [u8; 32] = [
        201, 90, 254, 91, 22, 234, 78, 211, 236, 199, 128, 214, 124, 58, 34, 240, 154, 246, 42, 107, 52, 242, 34, 63,
        107, 6, 90, 237, 222, 6, 123, 25,
    ];

    /// A change waits for approvals.
    #[ink(event)]
    pub struct ChangeProposed {
        #[ink(topic)]
        pub proposal: u64,
        #[ink(topic)]
        pub target: String,
        pub closure: [u8; 32],
        pub author: AccountId,
        pub deadline: u32,
    }

    /// An operator approved a change, the `approvals`th of them.
    #[ink(event)]
    pub struct ApprovalGiven {
        #[ink(topic)]
        pub proposal: u64,
        pub by: AccountId,
        pub approvals: u32,
    }

    /// A proposal has another status than before.
    #[ink(event)]
    pub struct StatusChanged {
        #[ink(topic)]
        pub proposal: u64,
        #[ink(topic)]
        pub target: String,
        pub status: Status,
        pub by: AccountId,
    }

    /// Proposals need another number of approvals from now on.
    #[ink(event)]
    pub struct ThresholdSet {
        pub threshold: u32,
        pub by: AccountId,
    }

    #[ink(storage)]
    pub struct DeploymentContract {
        section: Section,
        roles: Roles,
        threshold: u32,
        proposal_count: u64,
        proposals: Mapping<u64, Proposal>,
        /// The proposal that each request led to.
        requests: Mapping<(AccountId, RequestId), u64>,
        /// The proposal that was applied to each target last.
        current: Mapping<String, u64>,
    }

    impl DeploymentContract {
        /// A region where nothing was deployed, administered by the caller. `threshold` is how many approvals a proposal
        /// needs. Emits `RoleGranted`.
        ///
        /// Fails with `InvalidSection` or `InvalidThreshold`.
        #[ink(constructor)]
        pub fn new(section: Section, threshold: u32) -> Result<Self, Error> {
            Ok(Self {
                section: section.checked()?,
                threshold: checked_threshold(threshold)?,
                roles: Roles::new(Self::env().caller()),
                proposal_count: 0,
                proposals: Mapping::default(),
                requests: Mapping::default(),
                current: Mapping::default(),
            })
        }

        /// The section that this contract acts for.
        #[ink(message)]
        pub fn section(&self) -> Section {
            self.section.clone()
        }

        /// How many approvals a new proposal needs.
        #[ink(message)]
        pub fn threshold(&self) -> u32 {
            self.threshold
        }

        /// Sets how many approvals proposals need from now on. Only an admin may. Emits `ThresholdSet`.
        ///
        /// Fails with `NotAuthorized` or `InvalidThreshold`.
        #[ink(message)]
        pub fn set_threshold(&mut self, threshold: u32) -> Result<(), Error> {
            let by = gatekeeper()?;
            self.roles.ensure_admin(by)?;
            self.threshold = checked_threshold(threshold)?;
            self.env().emit_event(ThresholdSet { threshold, by });
            Ok(())
        }

        /// Proposes a change, to be approved within `wait_blocks`. Any gatekeeper may. The same request again has no
        /// second effect. Emits `ChangeProposed`. Returns the proposal's id.
        ///
        /// Fails with `InvalidChange`, `InvalidDeadline`, `RequestConflict`, `Superseded` or `Overflow`.
        #[ink(message)]
        pub fn propose(&mut self, request_id: RequestId, change: Change, wait_blocks: u32) -> Result<u64, Error> {
            let author = gatekeeper()?;
            change.check()?;
            if !(MIN_WAIT_BLOCKS..=MAX_WAIT_BLOCKS).contains(&wait_blocks) {
                return Err(Error::InvalidDeadline);
            }
            if let Some(proposal) = self.requests.get((author, request_id)).and_then(|id| self.proposals.get(id)) {
                return if proposal.change == change { Ok(proposal.id) } else { Err(Error::RequestConflict) };
            }
            self.ensure_current(&change)?;
            let id = self.proposal_count.checked_add(1).ok_or(Error::Overflow)?;
            let proposed_at = self.env().block_number();
            let deadline = proposed_at.checked_add(wait_blocks).ok_or(Error::Overflow)?;
            self.proposal_count = id;
            self.requests.insert((author, request_id), &id);
            let event = ChangeProposed {
                proposal: id,
                target: change.target.clone(),
                closure: change.closure,
                author,
                deadline,
            };
            self.proposals.insert(
                id,
                &Proposal {
                    id,
                    request_id,
                    author,
                    change,
                    status: Status::Proposed,
                    approvals: Vec::new(),
                    threshold: self.threshold,
                    proposed_at,
                    deadline,
                    outcome: None,
                },
            );
            self.env().emit_event(event);
            Ok(id)
        }

        /// Approves a proposal; again, it changes nothing. Only an operator other than the author may. Emits
        /// `ApprovalGiven`, and `StatusChanged` with the last approval that it needs.
        ///
        /// Fails with `NotAuthorized`, `UnknownProposal`, `OwnProposal`, `WrongStatus`, `DeadlinePassed` or `Superseded`.
        #[ink(message)]
        pub fn approve(&mut self, id: u64) -> Result<Proposal, Error> {
            let by = self.operator()?;
            let mut proposal = self.known(id)?;
            if proposal.author == by {
                return Err(Error::OwnProposal);
            }
            if proposal.approvals.contains(&by) {
                return Ok(proposal);
            }
            ensure_status(&proposal, Status::Proposed)?;
            if self.env().block_number() >= proposal.deadline {
                return Err(Error::DeadlinePassed);
            }
            self.ensure_current(&proposal.change)?;
            proposal.approvals.push(by);
            let approvals = u32::try_from(proposal.approvals.len()).unwrap_or(u32::MAX);
            self.env().emit_event(ApprovalGiven { proposal: id, by, approvals });
            if approvals >= proposal.threshold {
                self.change_status(&mut proposal, Status::Approved, by);
            }
            self.proposals.insert(id, &proposal);
            Ok(proposal)
        }

        /// Turns a proposal down that wasn't applied yet. Only an operator may. Emits `StatusChanged`.
        ///
        /// Fails with `NotAuthorized`, `UnknownProposal` or `WrongStatus`.
        #[ink(message)]
        pub fn reject(&mut self, id: u64) -> Result<Proposal, Error> {
            let by = self.operator()?;
            let proposal = self.known(id)?;
            self.end(proposal, Status::Rejected, by)
        }

        /// Takes back a proposal that wasn't applied yet. Only its author may. Emits `StatusChanged`.
        ///
        /// Fails with `UnknownProposal`, `NotYourProposal` or `WrongStatus`.
        #[ink(message)]
        pub fn withdraw(&mut self, id: u64) -> Result<Proposal, Error> {
            let by = gatekeeper()?;
            let proposal = self.known(id)?;
            if proposal.author != by {
                return Err(Error::NotYourProposal);
            }
            self.end(proposal, Status::Withdrawn, by)
        }

        /// Ends a proposal that didn't get its approvals in time. Any gatekeeper may. Emits `StatusChanged`.
        ///
        /// Fails with `UnknownProposal`, `WrongStatus` or `DeadlineNotPassed`.
        #[ink(message)]
        pub fn expire(&mut self, id: u64) -> Result<Proposal, Error> {
            let by = gatekeeper()?;
            let mut proposal = self.known(id)?;
            ensure_status(&proposal, Status::Proposed)?;
            if self.env().block_number() < proposal.deadline {
                return Err(Error::DeadlineNotPassed);
            }
            self.change_status(&mut proposal, Status::Expired, by);
            self.proposals.insert(id, &proposal);
            Ok(proposal)
        }

        /// Reports how applying an approved proposal ended; the same report again changes nothing. Only an operator may.
        /// Emits `StatusChanged`.
        ///
        /// Fails with `NotAuthorized`, `InvalidReason`, `UnknownProposal`, `WrongStatus` or `Superseded`.
        #[ink(message)]
        pub fn report(&mut self, id: u64, outcome: Outcome) -> Result<Proposal, Error> {
            let by = self.operator()?;
            outcome.check()?;
            let mut proposal = self.known(id)?;
            if proposal.outcome.as_ref() == Some(&outcome) {
                return Ok(proposal);
            }
            ensure_status(&proposal, Status::Approved)?;
            let status = outcome.status();
            if status == Status::Applied {
                self.ensure_current(&proposal.change)?;
                self.current.insert(&proposal.change.target, &id);
            }
            proposal.outcome = Some(outcome);
            self.change_status(&mut proposal, status, by);
            self.proposals.insert(id, &proposal);
            Ok(proposal)
        }

        /// A proposal by its id.
        #[ink(message)]
        pub fn proposal(&self, id: u64) -> Option<Proposal> {
            self.proposals.get(id)
        }

        /// The proposals from number `from` (the first is 1) on, at most `limit` and never more than 64.
        #[ink(message)]
        pub fn proposals(&self, from: u64, limit: u32) -> Vec<Proposal> {
            let count = u32::try_from(self.proposal_count.saturating_add(1).saturating_sub(from)).unwrap_or(u32::MAX);
            page(0, limit, MAX_PAGE, count)
                .filter_map(|offset| self.proposals.get(from.checked_add(offset.into())?))
                .collect()
        }

        /// The proposal that was applied to a target last.
        #[ink(message)]
        pub fn current(&self, target: String) -> Option<Proposal> {
            self.proposals.get(self.current.get(target)?)
        }

        /// The role of an account.
        #[ink(message)]
        pub fn role_of(&self, account: AccountId) -> Option<Role> {
            self.roles.of(account)
        }

        /// Gives an account a role, in place of the one it has. Only an admin may. Emits `RoleGranted`.
        ///
        /// Fails with `NotAGatekeeper`, `NotAuthorized` or `LastAdmin`.
        #[ink(message)]
        pub fn grant(&mut self, account: AccountId, role: Role) -> Result<(), Error> {
            Ok(self.roles.grant(gatekeeper()?, account, role)?)
        }

        /// Takes an account's role. Only an admin may, and one admin must remain. Emits `RoleRevoked`.
        ///
        /// Fails with `NotAGatekeeper`, `NotAuthorized`, `NoRole` or `LastAdmin`.
        #[ink(message)]
        pub fn revoke(&mut self, account: AccountId) -> Result<(), Error> {
            Ok(self.roles.revoke(gatekeeper()?, account)?)
        }

        /// How this code lays out the contract's storage.
        #[ink(message, selector = 0x4c41594f)]
        pub fn layout(&self) -> Layout {
            layout()
        }

        /// Replaces the contract's code by code that was uploaded and reads what is stored. Only an admin may. The chain
        /// emits `ContractCodeUpdated`.
        ///
        /// Fails with `NotAGatekeeper`, `NotAuthorized` or `LayoutMismatch`.
        #[ink(message)]
        pub fn upgrade(&mut self, code_hash: Hash) -> Result<(), Error> {
            self.roles.ensure_admin(gatekeeper()?)?;
            Ok(contract_common::upgrade(&layout(), code_hash)?)
        }

        fn operator(&self) -> Result<AccountId, Error> {
            let caller = gatekeeper()?;
            self.roles.ensure_operator(caller)?;
            Ok(caller)
        }

        fn known(&self, id: u64) -> Result<Proposal, Error> {
            self.proposals.get(id).ok_or(Error::UnknownProposal)
        }

        /// Whether the change is made from what its target has.
        fn ensure_current(&self, change: &Change) -> Result<(), Error> {
            let running = self.current(change.target.clone()).map(|proposal| proposal.change.closure);
            if running == change.replaces {
                Ok(())
            } else {
                Err(Error::Superseded)
            }
        }

        /// Ends a proposal that waits or is approved. Ending it again in the same way changes nothing.
        fn end(&mut self, mut proposal: Proposal, status: Status, by: AccountId) -> Result<Proposal, Error> {
            if proposal.status == status {
                return Ok(proposal);
            }
            if proposal.status != Status::Approved {
                ensure_status(&proposal, Status::Proposed)?;
            }
            self.change_status(&mut proposal, status, by);
            self.proposals.insert(proposal.id, &proposal);
            Ok(proposal)
        }

        fn change_status(&self, proposal: &mut Proposal, status: Status, by: AccountId) {
            proposal.status = status;
            let target = proposal.change.target.clone();
            self.env().emit_event(StatusChanged { proposal: proposal.id, target, status, by });
        }
    }

    fn ensure_status(proposal: &Proposal, status: Status) -> Result<(), Error> {
        if proposal.status == status {
            Ok(())
        } else {
            Err(Error::WrongStatus { status: proposal.status })
        }
    }

    fn checked_threshold(threshold: u32) -> Result<u32, Error> {
        if (1..=MAX_THRESHOLD).contains(&threshold) {
            Ok(threshold)
        } else {
            Err(Error::InvalidThreshold)
        }
    }

    /// Digest of the storage as this code lays it out, and of the older layouts that it reads.
    pub fn layout() -> Layout {
        Layout { digest: LAYOUT_DIGEST, accepts: Vec::new() }
    }
}
